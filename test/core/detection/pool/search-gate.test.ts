import test from 'ava';
import type { SearchGate, Thumbnail } from '../../../../core/detection/detection.js';
import type { JobRecord } from '../../../../core/detection/pool/job-record.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { eventually } from '../../../support/eventually.js';
import { renderScene } from '../../../support/render-scene.js';
import { plainImage, planFor, startPool, workerOf } from '../detection-setup.js';

const SIDE = 96;
const sign = { cx: 320, cy: 180, size: 120 };
const street = async () =>
  (await renderScene({ width: 640, height: 360, seed: 3, signs: [sign] })).jpeg;
const picture = () => plainImage(320, 240).jpeg().toBuffer();

const skipAll: SearchGate = { side: SIDE, planFor: async () => undefined };

/** The code of the problem that a promise ends with, or `ok`. */
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error) => (error instanceof ProblemError ? error.code : error),
  );

test.serial('an admitted image is searched in the job that made its thumbnail', async (t) => {
  const records: JobRecord[] = [];
  const pool = await startPool(t, { onJob: (record) => records.push(record) });
  const [bytes, plan] = [await street(), await planFor()];
  const thumbnails: Thumbnail[] = [];
  const gate: SearchGate = {
    side: SIDE,
    planFor: async (thumbnail) => {
      thumbnails.push(thumbnail);
      return plan;
    },
  };
  const gated = await pool.analyseIf(bytes, gate);
  const direct = await pool.analyse(bytes, plan);
  t.is(direct.detections.length, 1);
  t.deepEqual({ ...gated, times: direct.times }, direct);
  t.deepEqual(
    thumbnails.map(({ width, height, grey }) => [width, height, grey.length]),
    [[96, 54, 96 * 54]],
  );
  t.deepEqual(
    records.map(({ kind, outcome, engines }) => [kind, outcome, engines]),
    [
      ['analyseIf', 'done', ['siteglass']],
      ['analyse', 'done', ['siteglass']],
    ],
  );
});

test.serial('an image that the gate skips is not searched', async (t) => {
  const records: JobRecord[] = [];
  const pool = await startPool(t, { onJob: (record) => records.push(record) });
  t.is(await pool.analyseIf(await street(), skipAll), undefined);
  const [record] = records;
  t.like(record, { kind: 'analyseIf', outcome: 'done' });
  t.is(record?.engines, undefined);
  t.is(record?.detectMs, undefined);
});

test.serial('a gate that fails costs its image alone', async (t) => {
  const pool = await startPool(t);
  const [bytes, plan] = [await picture(), await planFor()];
  const failing: SearchGate = { side: SIDE, planFor: () => Promise.reject(new Error('no plan')) };
  t.like(await outcome(pool.analyseIf(bytes, failing)), { message: 'no plan' });
  t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
  t.is(pool.status().restarts, 0);
});

test.serial('an image without a thumbnail is refused before the gate', async (t) => {
  const pool = await startPool(t);
  let asked = 0;
  const gate: SearchGate = {
    side: SIDE,
    planFor: async () => {
      asked++;
      return undefined;
    },
  };
  t.is(await outcome(pool.analyseIf(Buffer.from('no image'), gate)), 'image_undecodable');
  t.is(asked, 0);
  t.is(await outcome(pool.analyseIf(await picture(), gate)), 'ok');
  t.is(asked, 1);
});

test.serial('a worker that dies while the gate decides costs exactly that job', async (t) => {
  const pool = await startPool(t);
  const [bytes, plan] = [await picture(), await planFor()];
  let asked = 0;
  const gate: SearchGate = {
    side: SIDE,
    planFor: async () => {
      asked++;
      process.kill(workerOf(pool), 'SIGKILL');
      await eventually('the worker was replaced', () => pool.status().restarts === 1);
      return plan;
    },
  };
  const doomed = outcome(pool.analyseIf(bytes, gate));
  const waiting = outcome(pool.analyse(bytes, plan));
  t.is(await doomed, 'image_crashed_decoder');
  t.is(await waiting, 'ok');
  t.is(asked, 1);
});

test.serial('a job that met a dead worker reaches the gate once', async (t) => {
  const pool = await startPool(t);
  const bytes = await picture();
  let asked = 0;
  process.kill(workerOf(pool), 'SIGKILL');
  // The worker is gone, and the pool has had no chance yet to hear of it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  const planOnce = async () => {
    asked++;
    return undefined;
  };
  t.is(await outcome(pool.analyseIf(bytes, { side: SIDE, planFor: planOnce })), 'ok');
  t.is(asked, 1);
});

test.serial('a gate that does not decide is ended at the deadline of the job', async (t) => {
  const pool = await startPool(t, { jobDeadlineMs: 2_000 });
  const [bytes, plan] = [await picture(), await planFor()];
  const hanging: SearchGate = { side: SIDE, planFor: () => new Promise(() => undefined) };
  t.is(await outcome(pool.analyseIf(bytes, hanging)), 'detection_timeout');
  t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
});
