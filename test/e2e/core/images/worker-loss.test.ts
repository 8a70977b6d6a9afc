import test from 'ava';
import type { ImageResult } from '../../../../core/contract/image.js';
import type { Problem } from '../../../../core/contract/problem.js';
import { ApiClient } from '../../../support/api-client.js';
import { eventually } from '../../../support/eventually.js';
import { childrenOf, isAlive, runProgram, urlOf } from '../../../support/program.js';
import { renderScene } from '../../../support/render-scene.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

test('a detection worker that is killed during a job costs one request', async (t) => {
  const edge = runProgram(t, 'edge', [
    `--set=dataFolder=${await temporaryFolder()}`,
    '--set=http={ port: 0, auth: none }',
    '--set=detection.workers=1',
  ]);
  const api = await ApiClient.connect(await urlOf(edge));
  const sign = { cx: 900, cy: 600, size: 300 };
  const large = await renderScene({ width: 2400, height: 1350, seed: 1, signs: [sign] });
  const small = await renderScene({
    width: 640,
    height: 360,
    seed: 2,
    signs: [{ cx: 200, cy: 150, size: 110 }],
  });
  const slow = { scaleFactor: '1.01', workingSize: '0' };
  const detection = async () =>
    (await api.get<{ detection: { busy: number; restarts: number } }>(t, '/api/v1/site')).json
      .detection;

  const [worker] = await childrenOf(edge.child.pid ?? 0);
  if (worker === undefined) return t.fail('there is no worker');
  const lost = api.upload<Problem>(t, large.jpeg, slow);
  await eventually('the worker has a job', async () => (await detection()).busy === 1);
  const waiting = [
    api.upload<Analysed>(t, small.jpeg),
    api.upload<Analysed>(t, small.jpeg, { minNeighbors: '4' }),
  ];
  process.kill(worker, 'SIGKILL');

  const { status, json } = await lost;
  t.is(status, 422);
  t.is(json.code, 'image_crashed_decoder');
  for (const answer of await Promise.all(waiting)) {
    t.is(answer.status, 200);
    t.is(answer.json.detections.length, 1);
  }
  t.is((await detection()).restarts, 1);
  t.is((await api.get(t, '/readyz')).status, 200);
  t.false(isAlive(worker));
});
