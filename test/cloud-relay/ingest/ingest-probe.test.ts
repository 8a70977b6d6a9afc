import test from 'ava';
import { IngestProbe } from '../../../cloud-relay/ingest/ingest-probe.js';

const MINUTE_MS = 60_000;

/** A probe on counts and a clock that the test sets. */
function probe() {
  const counts = { received: 0, committed: 0, duplicates: 0, failed: 0, overBudget: 0 };
  let now = 0;
  const probed = new IngestProbe(
    { status: () => ({ ...counts, refused: 0, batches: 0, waiting: 0 }) },
    () => now,
  );
  const checkAfter = (ms: number) => {
    now += ms;
    return probed.check();
  };
  return { counts, checkAfter };
}

test('a relay that receives nothing is healthy, for any length of time', (t) => {
  const { counts, checkAfter } = probe();
  t.is(checkAfter(0), undefined);
  t.is(checkAfter(600 * MINUTE_MS), undefined);
  counts.received = counts.committed = 1_000;
  t.is(checkAfter(600 * MINUTE_MS), undefined);
});

test('a backlog is healthy as long as some of it is written, already known, or failed', (t) => {
  const { counts, checkAfter } = probe();
  counts.received = 2_000;
  t.is(checkAfter(0), undefined);
  for (const way of ['committed', 'duplicates', 'failed'] as const) {
    counts[way] += 1;
    t.is(checkAfter(2 * MINUTE_MS), undefined, way);
  }
});

test('summaries that wait while none is written are a fault, until one is written', (t) => {
  const { counts, checkAfter } = probe();
  t.is(checkAfter(0), undefined);
  counts.received = 3;
  t.is(checkAfter(MINUTE_MS), undefined);
  t.is(checkAfter(MINUTE_MS), undefined);
  t.is(checkAfter(MINUTE_MS), '3 summaries are waiting; none was committed for 180 s');
  counts.committed = 1;
  t.is(checkAfter(MINUTE_MS), undefined);
});
