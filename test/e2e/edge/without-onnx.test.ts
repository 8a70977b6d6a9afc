import { cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DetectorResource } from '../../../core/contract/detection.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { writeOnnxTree, writeTree } from '../../../packaging/tree/write-tree.js';
import { squares } from '../../core/detection/onnx-setup.js';
import { file, startFileServer } from '../../fakes/file-server.js';
import { addModel } from '../../support/added-model.js';
import { eventually } from '../../support/eventually.js';
import { listedSquares, manifestWith } from '../../support/model-manifest.js';
import { childrenOf, runProgram, runToEnd, urlOf } from '../../support/program.js';
import { squareModel } from '../../support/square-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const INSTALL = 'ONNX Runtime is not installed; to install it: sudo apt install siteglass-onnx';
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** The appliance as its package installs it, beside the place of siteglass-onnx, with a folder for an operator's detectors. */
async function installed(t: ExecutionContext, settings = '', cameras = '') {
  const folder = await temporaryFolder(t);
  const lib = join(folder, 'lib');
  const root = join(lib, 'siteglass-edge');
  writeTree(projectRoot(), 'edge', { out: root, version: '9.8.7' });
  const detectors = join(folder, 'detectors');
  await mkdir(detectors);
  const configuration = join(folder, 'edge.yaml');
  const write = (more: string, withCameras: string) =>
    writeFile(
      configuration,
      `dataFolder: ${join(folder, 'data')}
http: { port: 0, auth: none }
detection: { folder: ${detectors}, workers: 1${more} }
${withCameras}`,
    );
  await write(settings, cameras);
  const args = ['--config', configuration];
  return {
    folder,
    write,
    start: () => runProgram(t, 'edge', args, {}, root),
    runToEnd: (...more: string[]) => runToEnd(t, 'edge', [...more, ...args], {}, root),
    installOnnx: () =>
      writeOnnxTree(projectRoot(), {
        out: join(lib, 'siteglass-onnx'),
        version: '9.8.7',
        arch: ARCHITECTURE,
      }),
    /** Makes a model one that Siteglass knows, as if from `url`. */
    listModel: async (id: string, model: Buffer, url: string) => {
      const manifest = await manifestWith(t, [listedSquares(id, model, url)]);
      await cp(manifest, join(root, 'cascades', 'manifest.yaml'));
    },
    placeModel: async (place = detectors) => {
      const minuteAgo = new Date(Date.now() - 60_000);
      for (const [name, content] of [
        ['square.onnx', squareModel(64)],
        ['square.yaml', 'family: yolov8\nlabels: [red, green, blue]\n'],
      ] as const) {
        await writeFile(join(place, name), content);
        await utimes(join(place, name), minuteAgo, minuteAgo);
      }
    },
  };
}

async function search(url: string, bytes: Buffer, detector?: string) {
  const form = new FormData();
  if (detector) form.append('detector', detector);
  form.append('image', new Blob([bytes]), 'image');
  const answer = await fetch(`${url}/api/v1/objectdetection/image`, { method: 'POST', body: form });
  return (await answer.json()) as { detections?: { label: string }[]; detail?: string };
}

const square = async (url: string): Promise<DetectorResource | undefined> => {
  const answer = await fetch(`${url}/api/v1/objectdetection/detectors`);
  const { detectors } = (await answer.json()) as { detectors: DetectorResource[] };
  return detectors.find(({ id }) => id === 'square');
};

/** How many of the program's processes map ONNX Runtime. */
async function withRuntime(pid = 0): Promise<number> {
  const pids = [pid, ...(await childrenOf(pid))];
  const maps = await Promise.all(pids.map((id) => readFile(`/proc/${id}/maps`, 'utf8')));
  return maps.filter((text) => text.includes('onnxruntime')).length;
}

const picture = () =>
  squares(200, 200, { left: 60, top: 60, width: 80, height: 80 }).png().toBuffer();

test.serial(
  'without siteglass-onnx a model is refused with what to install, and the rest runs',
  async (t) => {
    const appliance = await installed(t);
    await appliance.placeModel();
    const program = appliance.start();
    const url = await urlOf(program);
    await eventually(async () => (await square(url))?.status === 'refused');
    t.like(await square(url), { status: 'refused', reason: INSTALL });
    t.true((await search(url, await picture(), 'square')).detail?.endsWith(INSTALL));
    const photo = await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));
    t.is((await search(url, photo)).detections?.length, 2);
    t.is(await withRuntime(program.child.pid), 0);
  },
);

test.serial(
  'a model is not added where it cannot run, and the command says what to install',
  async (t) => {
    const appliance = await installed(t);
    await appliance.placeModel(appliance.folder);
    const model = join(appliance.folder, 'square.onnx');
    const { code, errors } = await appliance.runToEnd('detector', 'add', model);
    t.not(code, 0);
    t.true(errors.includes(INSTALL), errors);
  },
);

const yard = `cameras:
  - { id: yard, kind: push, detectors: [square] }
`;

test.serial(
  '--check, the start, a reload and the doctor say in one line what a configured model needs',
  async (t) => {
    const appliance = await installed(t, ', defaultDetectors: [square]', yard);
    await appliance.placeModel();
    const line = `"square" is an ONNX model; ${INSTALL}`;
    const checked = await appliance.runToEnd('--check');
    t.is(checked.code, 2);
    for (const path of ['detection.defaultDetectors', 'cameras.0.detectors'])
      t.true(checked.errors.includes(`\n  ${path}: ${line}\n`), checked.errors);

    const { output } = await appliance.runToEnd('doctor');
    for (const by of ['detection.defaultDetectors', 'yard'])
      t.true(output.includes(`${by}: detector: "square" cannot be used: ${INSTALL}\n`), output);
    t.false(output.includes('Correct or remove its file'), output);

    const program = appliance.start();
    const url = await urlOf(program);
    t.true(program.log.some(({ detector, reason }) => detector === 'square' && reason === INSTALL));
    const missing = program.log.find(({ msg }) => msg === 'default detector missing');
    t.is(missing?.reason, INSTALL);
    const site = (await (await fetch(`${url}/api/v1/site`)).json()) as { reasons: string[] };
    t.deepEqual(site.reasons, [
      `detection.defaultDetectors: "square" cannot be used: ${INSTALL}`,
      `camera yard: "square" cannot be used: ${INSTALL}`,
    ]);
    const reloaded = await fetch(`${url}/api/v1/config/reload`, { method: 'POST' });
    t.deepEqual(((await reloaded.json()) as { warnings: string[] }).warnings, [line]);

    await appliance.write('', '');
    t.is((await appliance.runToEnd('--check')).code, 0, 'a model that nothing names is no error');
  },
);

test.serial('a model that was downloaded with siteglass-onnx is refused without it', async (t) => {
  const settings = ', models: [square], defaultDetectors: [square]';
  const appliance = await installed(t, settings);
  await appliance.listModel('square', squareModel(64), 'http://127.0.0.1:9/square.onnx');
  await addModel(join(appliance.folder, 'data', 'detectors'), 'square', squareModel(64));
  const program = appliance.start();
  const url = await urlOf(program);
  t.like(await square(url), { status: 'refused', reason: INSTALL });
  t.true(program.log.some(({ detector, reason }) => detector === 'square' && reason === INSTALL));
  t.true(program.log.some(({ msg }) => msg === 'default detector missing'));
  t.true((await search(url, await picture())).detail?.endsWith(INSTALL));
  const checked = await appliance.runToEnd('--check');
  t.true(checked.errors.includes(`\n  detection.models: "square" is an ONNX model; ${INSTALL}\n`));
});

test.serial('a model of detection.models is not downloaded where it cannot run', async (t) => {
  const model = squareModel(64);
  const server = await startFileServer(t, file({ content: model }));
  const appliance = await installed(t, ', models: [square]');
  await appliance.listModel('square', model, `${server.url}/square.onnx`);
  const program = appliance.start();
  const url = await urlOf(program);
  const failed = await program.logged(({ msg }) => msg === 'model not added');
  t.like(failed, { detector: 'square', reason: `it was not added: ${INSTALL}` });
  t.like((await square(url))?.addition, { state: 'failed', reason: failed.reason });
  t.deepEqual(server.requests, []);
  const { code, output } = await appliance.runToEnd('doctor');
  t.is(code, 1);
  t.regex(
    output,
    new RegExp(`failure +detection +model square of detection.models cannot be used: ${INSTALL}\n`),
  );
});

test.serial('the relay, too, says what a configured model needs', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'lib', 'siteglass-relay');
  writeTree(projectRoot(), 'relay', { out: root, version: '9.8.7' });
  const settings = ['detection.models=[yolox-nano]', `dataFolder=${folder}/data`];
  const args = settings.flatMap((setting) => ['--set', setting]);
  const { code, errors } = await runToEnd(t, 'cloud-relay', [...args, '--check'], {}, root);
  t.is(code, 2);
  t.is(
    errors,
    `siteglass-relay: the built-in configuration cannot be used:\n  detection.models: "yolox-nano" is an ONNX model; ${INSTALL}\n`,
  );
});

test.serial('with siteglass-onnx, ONNX Runtime is loaded with the first model', async (t) => {
  const appliance = await installed(t);
  appliance.installOnnx();
  const program = appliance.start();
  const url = await urlOf(program);
  const photo = await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));
  t.is((await search(url, photo)).detections?.length, 2);
  t.is(await withRuntime(program.child.pid), 0, 'an appliance without a model never loads it');

  await appliance.placeModel();
  await eventually(async () => (await square(url))?.status === 'ready');
  const { detections = [] } = await search(url, await picture(), 'square');
  t.deepEqual(
    detections.map(({ label }) => label),
    ['red'],
  );
  t.is(await withRuntime(program.child.pid), 1);
});
