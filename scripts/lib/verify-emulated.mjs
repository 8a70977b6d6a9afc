import { createServer } from 'node:net';
import { expect } from './checklist.mjs';
import { outputOf } from './command.mjs';
import { debianRoot, enterRoot } from './debian-root.mjs';
import { expectSigns } from './installed-program.mjs';

/**
 * Installs a package of another architecture into a root of it under qemu's user emulation, has the program detect, and
 * purges it again. Resolves with what was found.
 */
export async function detectEmulated(file, { arch, sample, log }) {
  const failure = `The package for ${arch} does not work under emulation`;
  const depends = outputOf('dpkg-deb', ['--field', file, 'Depends']);
  const from = await debianRoot(`base-${arch}`, { arch, log });
  const root = await debianRoot(`run-${arch}`, {
    from,
    key: depends,
    log,
    prepare: async (folder) => {
      await enterRoot(folder, ['apt-get', 'update'], { arch, log, failure });
      await enterRoot(
        folder,
        ['apt-get', 'satisfy', '--yes', '--no-install-recommends', `${depends}, curl`],
        { arch, log, failure },
      );
    },
  });
  const lines = [];
  await enterRoot(root, ['sh', '-c', script(await freePort())], {
    arch,
    binds: { '/root/package.deb': file, '/root/sample.jpg': sample },
    log,
    failure,
    onLine: (line) => lines.push(line),
  });
  const answer = lines.find((line) => line.startsWith('ANSWER '))?.slice('ANSWER '.length);
  expect(answer, 'an answer', 'none');
  const { detections, times } = JSON.parse(answer);
  return `${expectSigns(detections)}; decoded in ${times.decodeMs} ms, searched in ${times.detectMs} ms`;
}

const script = (port) => `
  set -e
  apt-get install --yes /root/package.deb
  siteglass-edge --set http.host=127.0.0.1 --set http.port=${port} --set http.auth=none --set detection.workers=1 &
  program=$!
  ready() { curl --silent --fail --output /dev/null http://127.0.0.1:${port}/readyz; }
  for second in $(seq 120); do if ready; then break; fi; sleep 1; done
  echo "ANSWER $(curl --silent --show-error --fail --form image=@/root/sample.jpg http://127.0.0.1:${port}/api/v1/objectdetection/image)"
  kill $program
  wait $program
  apt-get purge --yes siteglass-edge`;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
