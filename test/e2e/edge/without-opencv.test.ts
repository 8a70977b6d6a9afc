import { cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { ADDON_INTERFACE, openCvAddon } from '../../../core/opencv/opencv-addon.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { writeTree } from '../../../packaging/tree/write-tree.js';
import { haarXml } from '../../core/detection/engine/support/cascade-xml.js';
import { renderVideo } from '../../edge/support/peers.js';
import { addFile } from '../../support/added-model.js';
import { eventually } from '../../support/eventually.js';
import { childrenOf, runProgram, runToEnd, urlOf } from '../../support/program.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const INSTALL = 'OpenCV is not installed; to install it: sudo apt install siteglass-opencv';
const SAMPLES = join(projectRoot(), 'samples');

interface Problem {
  code: string;
  detail: string;
}

/** The appliance as its package installs it, beside the place of siteglass-opencv. */
async function installed(t: ExecutionContext, configuration: string) {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'lib', 'siteglass-edge');
  writeTree(projectRoot(), 'edge', { out: root, version: '9.8.7' });
  const file = join(folder, 'edge.yaml');
  const write = (text: string) =>
    writeFile(file, `dataFolder: ${join(folder, 'data')}\nhttp: { port: 0, auth: none }\n${text}`);
  await write(configuration);
  const args = ['--config', file, '--set', 'detection.workers=1'];
  return {
    folder,
    write,
    runToEnd: (...more: string[]) => runToEnd(t, 'edge', [...args, ...more], {}, root),
    start: () => runProgram(t, 'edge', args, {}, root),
    /** Puts the package siteglass-opencv beside it, with the addon of this checkout. */
    installOpenCv: async () => {
      const lib = join(folder, 'lib', 'siteglass-opencv');
      await mkdir(lib);
      for (const part of ['engine', 'capture'] as const)
        await cp(openCvAddon(part), join(lib, `${part}.node`));
      const manifest = { name: 'siteglass-opencv', version: '9.8.7', interface: ADDON_INTERFACE };
      await writeFile(join(lib, 'package.json'), JSON.stringify(manifest));
    },
  };
}

async function call<T>(url: string, method: string, path: string, body?: FormData): Promise<T> {
  const answer = await fetch(`${url}/api/v1${path}`, { method, ...(body && { body }) });
  return (await answer.json()) as T;
}

function upload(bytes: Buffer, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('image', new Blob([bytes]), 'image');
  return form;
}

/** A cascade with a weight that is not an integer, which only OpenCV searches. */
const oddCascade = () => haarXml({ rects: ['0 0 12 12 -1.', '0 0 6 12 2.5'] });

async function placeOddCascade(folder: string) {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'odd.xml');
  await writeFile(file, oddCascade());
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(file, minuteAgo, minuteAgo);
}

const cameras = `cameras:
  - { id: yard, kind: folder, path: ${SAMPLES}, loop: true, schedule: '* * * * * *' }
  - { id: gate, kind: rtsp, url: 'rtsp://127.0.0.1:9/1', schedule: '0 0 1 1 *' }
  - { id: till, kind: device, path: /dev/video9, schedule: '0 0 1 1 *' }
`;

interface Camera {
  id: string;
  state: string;
  lastError: string | null;
}

const camerasOf = (url: string) =>
  call<{ cameras: Camera[] }>(url, 'GET', '/cameras').then(({ cameras: list }) => list);

test.serial(
  'JPEG, PNG and WebP are searched and drawn without OpenCV; only cameras that need it are offline',
  async (t) => {
    const appliance = await installed(t, cameras);
    const program = appliance.start();
    const url = await urlOf(program);
    const photo = await readFile(join(SAMPLES, '4-two-signs.jpg'));
    for (const bytes of [
      photo,
      await sharp(photo).png().toBuffer(),
      await sharp(photo).webp({ lossless: true }).toBuffer(),
    ]) {
      const { detections, image } = await call<{ detections: unknown[]; image: { id: string } }>(
        url,
        'POST',
        '/objectdetection/image',
        upload(bytes),
      );
      t.is(detections.length, 2);
      const processed = await fetch(`${url}/api/v1/objectdetection/image/${image.id}/processed`);
      t.is(processed.headers.get('content-type'), 'image/jpeg');
      t.true((await processed.arrayBuffer()).byteLength > 10_000);
    }
    await eventually(async () => (await camerasOf(url)).some(({ state }) => state === 'online'));
    t.deepEqual(
      (await camerasOf(url)).map(({ id, state, lastError }) => ({ id, state, lastError })),
      [
        { id: 'yard', state: 'online', lastError: null },
        { id: 'gate', state: 'offline', lastError: INSTALL },
        { id: 'till', state: 'offline', lastError: INSTALL },
      ],
    );
    const snapshot = await call<Problem>(url, 'POST', '/cameras/gate/snapshot');
    t.like(snapshot, { code: 'camera_failed', detail: INSTALL });
    t.is(
      program.log.filter(({ msg }) => msg === `camera offline: ${INSTALL}`).length,
      2,
      'the log has one line for each camera',
    );
    const pids = [program.child.pid ?? 0, ...(await childrenOf(program.child.pid ?? 0))];
    t.true(pids.length >= 2);
    for (const pid of pids) t.notRegex(await readFile(`/proc/${pid}/maps`, 'utf8'), /opencv_/);
  },
);

test.serial('a camera works as soon as OpenCV is installed, without a restart', async (t) => {
  const video = await renderVideo(t, 2);
  const appliance = await installed(
    t,
    `cameras:\n  - { id: clip, kind: video, path: ${video}, schedule: '0 0 1 1 *' }\n`,
  );
  const url = await urlOf(appliance.start());
  t.like(await call<Problem>(url, 'POST', '/cameras/clip/snapshot'), { detail: INSTALL });
  await appliance.installOpenCv();
  t.like(await call(url, 'POST', '/cameras/clip/snapshot'), { status: 'OK' });
  t.like((await camerasOf(url))[0], { state: 'online', lastError: null });
});

test.serial('--check, a reload and the doctor say in one line what a camera needs', async (t) => {
  const appliance = await installed(t, '');
  const program = appliance.start();
  const url = await urlOf(program);
  await appliance.write(cameras);
  const lines = [`camera gate: ${INSTALL}`, `camera till: ${INSTALL}`];
  const checked = await appliance.runToEnd('--check');
  t.is(checked.code, 0, 'the rest of the appliance runs with it');
  t.is(checked.errors, lines.map((line) => `siteglass-edge: ${line}\n`).join(''));
  const reloaded = await call<{ warnings: string[] }>(url, 'POST', '/config/reload');
  t.deepEqual(reloaded.warnings, lines);
  t.true(program.log.some(({ msg }) => msg === `camera offline: ${INSTALL}`));
  const { output } = await appliance.runToEnd('doctor');
  for (const id of ['gate', 'till'])
    t.regex(output, new RegExp(`failure +cameras +${id}: ${INSTALL}`));
});

test.serial(
  'detection.engine: opencv is refused by --check, the start, a reload and the doctor in one line',
  async (t) => {
    const appliance = await installed(t, 'detection: { engine: opencv }\n');
    const line = `detection.engine is opencv; ${INSTALL}`;
    const checked = await appliance.runToEnd('--check');
    t.is(checked.code, 2);
    t.true(checked.errors.includes(`\n  detection.engine: ${line}\n`), checked.errors);
    t.is(checked.output, '');
    const started = await appliance.runToEnd();
    t.is(started.code, 1);
    t.is(started.log.at(-1)?.msg, line);
    t.true((await appliance.runToEnd('doctor')).output.includes(line));
    await appliance.write('');
    const url = await urlOf(appliance.start());
    await appliance.write('detection: { engine: opencv }\n');
    t.deepEqual((await call<{ warnings: string[] }>(url, 'POST', '/config/reload')).warnings, [
      line,
    ]);
  },
);

test.serial(
  'a detector that only OpenCV searches is refused by --check, at the start and in a request',
  async (t) => {
    const odd = 'detectors: [odd]';
    const appliance = await installed(t, '');
    const settings = (more: string) =>
      `detection: { folder: ${join(appliance.folder, 'detectors')}${more} }\n`;
    await placeOddCascade(join(appliance.folder, 'detectors'));
    await appliance.write(
      `${settings(', defaultDetectors: [odd]')}cameras:\n  - { id: yard, kind: folder, path: ${SAMPLES}, loop: true, schedule: '* * * * * *', ${odd} }\n`,
    );
    const checked = await appliance.runToEnd('--check');
    t.is(checked.code, 2);
    for (const path of ['detection.defaultDetectors', 'cameras.0.detectors'])
      t.regex(
        checked.errors,
        new RegExp(`\n  ${path}: only OpenCV searches "odd" \\(.+\\); ${INSTALL}`),
      );

    await appliance.write(settings(''));
    t.is(
      (await appliance.runToEnd('--check')).code,
      0,
      'a detector that nothing names is no error',
    );
    const program = appliance.start();
    const url = await urlOf(program);
    t.true(program.log.some(({ detector, reason }) => detector === 'odd' && reason === INSTALL));
    const { detectors } = await call<{
      detectors: { id: string; status: string; reason?: string }[];
    }>(url, 'GET', '/objectdetection/detectors');
    t.like(
      detectors.find(({ id }) => id === 'odd'),
      { status: 'refused', reason: INSTALL },
    );
    const photo = await readFile(join(SAMPLES, '4-two-signs.jpg'));
    const refused = await call<Problem>(
      url,
      'POST',
      '/objectdetection/image',
      upload(photo, { detector: 'odd' }),
    );
    t.is(refused.code, 'unknown_detector');
    t.true(refused.detail.endsWith(INSTALL), refused.detail);
  },
);

test.serial('--check and a reload look at a cascade that was added, too', async (t) => {
  const appliance = await installed(t, '');
  const url = await urlOf(appliance.start());
  await addFile(join(appliance.folder, 'data', 'detectors'), 'odd.xml', oddCascade());
  await appliance.write(`cameras:\n  - { id: yard, kind: push, detectors: [odd] }\n`);
  const line = new RegExp(`only OpenCV searches "odd" \\(.+\\); ${INSTALL}`);
  const { code, errors } = await appliance.runToEnd('--check');
  t.is(code, 2);
  t.regex(errors, line);
  const reloaded = await call<{ warnings: string[] }>(url, 'POST', '/config/reload');
  t.is(reloaded.warnings.length, 1);
  t.regex(reloaded.warnings[0] ?? '', line);
});

test.serial('the relay refuses detection.engine: opencv in the same way', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'lib', 'siteglass-relay');
  writeTree(projectRoot(), 'relay', { out: root, version: '9.8.7' });
  const line = `detection.engine is opencv; ${INSTALL}`;
  const settings = [
    'detection.engine=opencv',
    `dataFolder=${folder}/data`,
    'http.port=0',
    'mqtt.embedded.port=0',
  ];
  const args = settings.flatMap((setting) => ['--set', setting]);
  const checked = await runToEnd(t, 'cloud-relay', [...args, '--check'], {}, root);
  t.is(checked.code, 2);
  t.true(checked.errors.includes(line), checked.errors);
  const started = await runToEnd(t, 'cloud-relay', args, {}, root);
  t.is(started.code, 1);
  t.is(started.log.at(-1)?.msg, line);
});
