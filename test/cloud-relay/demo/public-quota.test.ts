import test from 'ava';
import { PublicQuota } from '../../../cloud-relay/demo/public-quota.js';
import type { JobOrigin } from '../../../core/detection/detection.js';
import { ProblemError } from '../../../core/runtime/errors.js';

const client = (id: string): JobOrigin => ({ kind: 'client', id });
const limits = {
  workerMsPerMinute: 30_000,
  totalWorkerMsPerMinute: undefined,
  storedBytes: 100,
  totalStoredBytes: 150,
  uploadLifetimeMs: 3_600_000,
};

function refusal(call: () => void): { detail: string; retryAfter: number | undefined } | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'rate_limited') throw error;
    return { detail: error.message, retryAfter: error.retryAfter };
  }
}

test('an address whose images took the time of workers waits, and no other one does', (t) => {
  let now = 0;
  const quota = new PublicQuota(limits, 2, () => now);
  for (let i = 0; i < 4; i++) quota.charge({ origin: client('a'), runMs: 10_000 });
  t.deepEqual(
    refusal(() => quota.check(client('a'))),
    {
      detail: 'The worker time of this address is used up: 30 s per minute are allowed.',
      retryAfter: 20,
    },
  );
  t.is(
    refusal(() => quota.check(client('b'))),
    undefined,
  );
  now += 20_001;
  t.is(
    refusal(() => quota.check(client('a'))),
    undefined,
  );
});

test('all addresses together have what the workers have, and cameras are not counted', (t) => {
  const quota = new PublicQuota(limits, 2, () => 0);
  quota.charge({ origin: { kind: 'camera', id: 'a' }, runMs: 1e6 });
  for (let i = 0; i < 12; i++) quota.charge({ origin: client(`${i}`), runMs: 10_000 });
  t.regex(refusal(() => quota.check(client('new')))?.detail ?? '', /of all addresses.*120 s/);
});

test('an address may store so many bytes, and gets those back that were not stored', (t) => {
  const quota = new PublicQuota(limits, 2, () => 0);
  quota.store(client('a'), 60);
  const giveBack = quota.store(client('a'), 40);
  const refused = refusal(() => quota.store(client('a'), 1));
  t.regex(refused?.detail ?? '', /^The storage of this address is used up: 0.0001 MB per 60 min/);
  t.true((refused?.retryAfter ?? 0) > 1);
  giveBack();
  quota.store(client('a'), 40);
  quota.store(client('b'), 50);
  t.regex(refusal(() => quota.store(client('c'), 1))?.detail ?? '', /of all addresses/);
});
