import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DetectorResource } from '../../../core/contract/detection.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { writeOnnxTree, writeTree } from '../../../packaging/tree/write-tree.js';
import { squares } from '../../core/detection/onnx-setup.js';
import { eventually } from '../../support/eventually.js';
import { childrenOf, runProgram, runToEnd, urlOf } from '../../support/program.js';
import { squareModel } from '../../support/square-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const INSTALL = 'ONNX Runtime is not installed; to install it: sudo apt install siteglass-onnx';
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** The appliance as its package installs it, beside the place of siteglass-onnx, with a folder for an operator's detectors. */
async function installed(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const lib = join(folder, 'lib');
  const root = join(lib, 'siteglass-edge');
  writeTree(projectRoot(), 'edge', { out: root, version: '9.8.7' });
  const detectors = join(folder, 'detectors');
  await mkdir(detectors);
  const file = join(folder, 'edge.yaml');
  await writeFile(
    file,
    `dataFolder: ${join(folder, 'data')}
http: { port: 0, auth: none }
detection: { folder: ${detectors}, workers: 1 }
`,
  );
  const args = ['--config', file];
  return {
    folder,
    start: () => runProgram(t, 'edge', args, {}, root),
    runToEnd: (...more: string[]) => runToEnd(t, 'edge', [...more, ...args], {}, root),
    installOnnx: () =>
      writeOnnxTree(projectRoot(), {
        out: join(lib, 'siteglass-onnx'),
        version: '9.8.7',
        arch: ARCHITECTURE,
      }),
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
