import test from 'ava';
import type { JobOrigin } from '../../../../core/detection/detection.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { pngBomb } from '../../../support/hostile/png-bombs.js';
import { plainImage, planFor, startPool } from '../detection-setup.js';

const client = (id: string): JobOrigin => ({ kind: 'client', id });

/** Costs a worker some tenths of a second. */
const dear = () => pngBomb({ width: 3_000, height: 3_000, type: 6, bits: 16, interlaced: true });
const codeOf = (error: unknown) => (error instanceof ProblemError ? error.code : String(error));

test.serial(
  'thirty dear images of one client leave another one and a camera served after one of them',
  async (t) => {
    const pool = await startPool(t);
    const plan = await planFor();
    const bytes = dear();
    const small = await plainImage(64, 48).png().toBuffer();
    let done = 0;
    const flood = Array.from({ length: 30 }, () =>
      pool.analyse(bytes, plan, client('flood')).finally(() => done++),
    );
    const others = [client('other'), { kind: 'camera', id: 'door' } as const];
    const waits = await Promise.all(
      others.map(async (origin) => {
        await pool.analyse(small, plan, origin);
        return done;
      }),
    );
    t.true(Math.max(...waits) <= 2, `after ${waits} of the dear ones`);
    await Promise.all(flood);
  },
);

test.serial('a flood that fills the queue has none of the places of others', async (t) => {
  const pool = await startPool(t, { queueJobs: 8 });
  const plan = await planFor();
  const bytes = dear();
  const small = await plainImage(64, 48).png().toBuffer();
  const flood = Array.from({ length: 40 }, () =>
    pool.analyse(bytes, plan, client('flood')).then(() => 'ok', codeOf),
  );
  const others = ['one', 'two', 'three'].map((id) =>
    pool.analyse(small, plan, client(id)).then(() => 'ok', codeOf),
  );
  t.deepEqual(await Promise.all(others), ['ok', 'ok', 'ok']);
  const codes = await Promise.all(flood);
  t.is(codes.filter((code) => code === 'ok').length, 6);
  t.is(codes.filter((code) => code === 'queue_full').length, 34);
});
