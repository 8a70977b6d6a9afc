import { type Checks, expect } from './checklist.js';
import type { InstalledProgram } from './installed-program.js';

const INSTALL = 'OpenCV is not installed; to install it: sudo apt install siteglass-opencv';
/** What the appliance may take of a disk beside Node.js, in megabytes. */
export const MAX_MEGABYTES = 60;
/** What the appliance depends on beside Node.js: the three decoders, and what every C++ program does. */
const LIBRARIES = [
  ...['libc6', 'libgcc-s1', 'libjpeg62-turbo', 'libpng16-16t64', 'libstdc++6', 'libwebp7'],
];

/** A camera for each kind of source that OpenCV reads, and one that it does not. */
const CONFIGURATION = `dataFolder: /var/lib/siteglass-edge
http: { host: 0.0.0.0 }
cameras:
  - { id: yard, kind: folder, path: /srv/samples, loop: true, schedule: '* * * * * *' }
  - { id: gate, kind: rtsp, url: 'rtsp://127.0.0.1:9/1', timeoutSeconds: 5, schedule: '*/5 * * * * *' }
  - { id: clip, kind: video, path: /srv/clip.mjpeg, loop: true, schedule: '* * * * * *' }
`;

interface Camera {
  id: string;
  state: string;
  lastError: string | null;
}

/** The checks of siteglass-edge without and with siteglass-opencv; the packages are /root/edge.deb and opencv.deb. */
export function openCvChecks(edge: InstalledProgram): Checks {
  const { machine } = edge;
  const names = () => machine.run(`dpkg-query --show --showformat='\${Package}\\n'`).split('\n');
  const camera = (id: string) => {
    const { cameras } = edge.get<{ cameras: Camera[] }>('/api/v1/cameras');
    return cameras.find((found) => found.id === id);
  };
  const until = (id: string, state: string) =>
    machine.until(
      `${edge.curl('/api/v1/cameras')} | grep --quiet '"id":"${id}"[^}]*"state":"${state}"'`,
      `camera ${id} is ${state}`,
    );
  let before: { packages: string[]; megabytes: number };
  return {
    'install on a bare system with Node.js': async () => {
      before = { packages: names(), megabytes: machine.usedMegabytes() };
      const last = edge.install('/root/edge.deb').trim().split('\n').at(-1) ?? '';
      expect(
        /open https?:\S+ in a browser(; the first token: | and enter the code )/.test(last),
        'the address, and the token or the code, as the last line',
        last,
      );
      expect(edge.show('ActiveState') === 'active', 'a running service', edge.show('ActiveState'));
      await edge.untilReady();
      const added = machine.usedMegabytes() - before.megabytes;
      expect(added <= MAX_MEGABYTES, `at most ${MAX_MEGABYTES} MB`, `${added} MB`);
      const packages = names().filter((name) => !before.packages.includes(name));
      return `${added} MB beside Node.js, with ${packages.length - 1} packages of libraries; “${last}”`;
    },
    'it depends on Node.js and the decoders alone': () => {
      const fields = machine.run(`dpkg-query --show --showformat='\${Depends}' siteglass-edge`);
      const depends = [...new Set(fields.split(', ').map((field) => field.split(' ')[0]))];
      // A machine that boots has systemd.
      const libraries = depends
        .filter((name) => name !== 'nodejs' && name !== 'systemd')
        .toSorted();
      expect(String(libraries) === String(LIBRARIES.toSorted()), String(LIBRARIES), libraries);
      const missing = machine.run(
        "find /usr/lib/siteglass-edge -name '*.node' -exec ldd {} + | grep 'not found' || true",
      );
      expect(missing === '', 'all libraries of the addons', missing);
      return libraries.join(', ');
    },
    'detect and draw a JPEG, a PNG and a WebP image': () => {
      const found = ['jpg', 'png', 'webp'].map((end) => edge.detect(`/root/sample.${end}`));
      return found.join('; ');
    },
    'no process maps OpenCV': () => edge.withoutOpenCv(),
    'memory after these detections': () => edge.memory(),
    'cameras that need OpenCV': async () => {
      machine.run('cat > /etc/siteglass/edge.yaml && systemctl reload siteglass-edge 2>&1', {
        input: CONFIGURATION,
      });
      await until('yard', 'online');
      for (const id of ['gate', 'clip']) {
        const { state, lastError } = camera(id) ?? {};
        expect(
          state === 'offline' && lastError === INSTALL,
          `${id} offline: ${INSTALL}`,
          `${state}: ${lastError}`,
        );
      }
      const lines = machine.run(
        `journalctl --unit siteglass-edge --output cat | grep --count '"msg":"camera offline: ${INSTALL}"'`,
      );
      expect(lines === '2', 'a line for each in the journal', lines);
      const doctor = machine.try('siteglass-edge doctor').output;
      expect(doctor.includes(`gate: ${INSTALL}`), 'the same of the doctor', doctor);
      return `yard online; gate and clip: “${INSTALL}”; ${edge.withoutOpenCv()}`;
    },
    'install siteglass-opencv': async () => {
      const had = { packages: names(), megabytes: machine.usedMegabytes() };
      edge.install('/root/opencv.deb', '--no-install-recommends');
      await edge.untilReady();
      await until('clip', 'online');
      await machine.until(
        `${edge.curl('/api/v1/cameras')} | grep --quiet 'the camera is unreachable'`,
        'the camera gate is tried',
      );
      const packages = names().filter((name) => !had.packages.includes(name));
      const megabytes = machine.usedMegabytes() - had.megabytes;
      return `clip online; ${packages.length} packages, ${megabytes} MB; ${edge.memory()}`;
    },
    'what each process maps of OpenCV': () => edge.openCvLibraries(),
    'detection.engine: opencv': async () => {
      machine.run('cat > /etc/siteglass/edge.yaml && systemctl restart siteglass-edge', {
        input: 'dataFolder: /var/lib/siteglass-edge\ndetection: { engine: opencv }\n',
      });
      await edge.untilReady();
      return `${edge.detect()}; ${edge.openCvLibraries()}`;
    },
    'remove siteglass-opencv': async () => {
      machine.run('cat > /etc/siteglass/edge.yaml && systemctl restart siteglass-edge', {
        input: CONFIGURATION,
      });
      await edge.untilReady();
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get remove --yes siteglass-opencv 2>&1');
      await edge.untilReady();
      await until('clip', 'offline');
      expect(camera('clip')?.lastError === INSTALL, INSTALL, camera('clip')?.lastError);
      return 'clip offline, with the same line';
    },
    'remove all again': () => {
      const apt = 'DEBIAN_FRONTEND=noninteractive apt-get --yes';
      machine.run(`${apt} purge siteglass-edge siteglass-opencv 2>&1`);
      machine.run(`${apt} autoremove --purge 2>&1`);
      const left = names().filter((name) => /opencv|siteglass/.test(name));
      expect(left.length === 0, 'neither Siteglass nor OpenCV', left.join(', '));
      expect(edge.traces() === '', 'nothing', edge.traces());
      return 'no package of Siteglass or OpenCV, and no file of theirs';
    },
  };
}
