import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ImageResult } from '../../core/contract/image.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { childrenOf, runProgram, urlOf } from '../support/program.js';
import { renderScene } from '../support/render-scene.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

async function startEdgeProgram(t: ExecutionContext, dataFolder: string, more: string[] = []) {
  const program = runProgram(t, 'edge', [
    `--set=dataFolder=${dataFolder}`,
    '--set=http={ port: 0, auth: none }',
    '--set=detection.workers=1',
    ...more,
  ]);
  return { program, api: await ApiClient.connect(await urlOf(program)) };
}

const scene = (seed: number) =>
  renderScene({ width: 1280, height: 720, seed, signs: [{ cx: 400, cy: 300, size: 160 }] });

const prefer = { headers: { Prefer: 'respond-async' } };

/** Holds a program's workers still, so that nothing is analysed. Resolves with what ends them. */
async function stopWorkers(pid = 0): Promise<() => void> {
  const workers = await childrenOf(pid);
  for (const worker of workers) process.kill(worker, 'SIGSTOP');
  return () => {
    for (const worker of workers) process.kill(worker, 'SIGKILL');
  };
}

test('an accepted upload is analysed, although the appliance is killed and restarted', async (t) => {
  const dataFolder = await temporaryFolder();
  const before = await startEdgeProgram(t, dataFolder);
  const scenes = await Promise.all([1, 2, 3, 4].map(scene));
  const accepted = await Promise.all(
    scenes.map(({ jpeg }) => before.api.upload<ImageResult>(t, jpeg, {}, prefer)),
  );
  t.is(await before.program.end('SIGKILL'), 'SIGKILL');
  t.deepEqual(
    accepted.map(({ status }) => status),
    [202, 202, 202, 202],
  );
  await writeFile(join(dataFolder, 'images', 'incoming', 'half-of-a-file'), 'half');

  const after = await startEdgeProgram(t, dataFolder);
  t.deepEqual(await readdir(join(dataFolder, 'images', 'incoming')), []);
  for (const [i, { json }] of accepted.entries()) {
    const { links } = json.image;
    t.is((await after.api.get(t, links.processed)).status, 200);
    const { json: result } = await after.api.get<Analysed>(t, links.detections);
    t.is(result.status, 'OK');
    t.is(result.detections.length, 1);
    t.deepEqual((await after.api.get(t, links.original)).bytes, scenes[i]?.jpeg);
  }
});

test('an upload whose detector is missing after a restart fails, and blocks no other one', async (t) => {
  const dataFolder = await temporaryFolder();
  const detectors = join(dataFolder, 'detectors');
  await mkdir(detectors);
  await copyFile(join(projectRoot(), 'cascades', 'stop-sign-lbp.xml'), join(detectors, 'ours.xml'));
  const settings = [`--set=detection.folder=${detectors}`, '--set=detection.deadlineSeconds=60'];
  const before = await startEdgeProgram(t, dataFolder, settings);
  const release = await stopWorkers(before.program.child.pid);
  const [first, second, third] = await Promise.all([11, 12, 13].map(scene));
  if (!first || !second || !third) return t.fail('no scenes');
  const accepted = [
    await before.api.upload<ImageResult>(t, first.jpeg, {}, prefer),
    await before.api.upload<ImageResult>(t, second.jpeg, { detector: 'ours' }, prefer),
    await before.api.upload<ImageResult>(t, third.jpeg, {}, prefer),
  ];
  await before.program.end('SIGKILL');
  release();
  t.true(accepted.every(({ status }) => status === 202));
  await rm(join(detectors, 'ours.xml'));

  const after = await startEdgeProgram(t, dataFolder, settings);
  const results = await eventually('all are settled', async () => {
    const all = await Promise.all(
      accepted.map(({ json }) => after.api.get<ImageResult>(t, json.image.links.detections)),
    );
    return all.every(({ json }) => json.status !== 'PENDING') && all;
  });
  t.deepEqual(
    results.map(({ json }) => json.status),
    ['OK', 'FAILED', 'OK'],
  );
});
