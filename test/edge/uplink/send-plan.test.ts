import test from 'ava';
import fc from 'fast-check';
import {
  MAX_COMMITTED_RANGES,
  type PlannedRow,
  SendPlan,
  type SendPlanOptions,
} from '../../../edge/uplink/send-plan.js';

const options = (more: Partial<SendPlanOptions> = {}): SendPlanOptions => ({
  window: 8,
  windowBytes: 10_000,
  backlogThreshold: 20,
  backlogPerSecond: Number.POSITIVE_INFINITY,
  ...more,
});

const row = (seq: number): PlannedRow => ({ seq, from: seq, bytes: 10 });

/** An outbox without evictions: rows 1 to `last`. */
const rowsOf = (after: number, upTo: number, count: number): PlannedRow[] =>
  Array.from({ length: Math.max(0, Math.min(count, upTo - after)) }, (_, i) => row(after + 1 + i));

/** Sends all that may go now. */
function pump(plan: SendPlan, last: number, now = 0): { seq: number; stream: string }[] {
  const sent: { seq: number; stream: string }[] = [];
  for (let batch = plan.next(last, now); batch; batch = plan.next(last, now))
    for (const { seq } of plan.take(
      batch,
      rowsOf(batch.after, batch.upTo, Math.min(5, batch.count)),
    ))
      sent.push({ seq, stream: batch.stream });
  return sent;
}

/** A relay that commits what arrives and acknowledges as the real one does. */
class Relay {
  readonly committed = new Set<number>();

  acknowledgement() {
    let seq = 0;
    while (this.committed.has(seq + 1)) seq++;
    const ahead: [number, number][] = [];
    for (const n of [...this.committed].sort((a, b) => a - b)) {
      if (n <= seq) continue;
      const range = ahead.at(-1);
      if (range && range[1] === n - 1) range[1] = n;
      else ahead.push([n, n]);
    }
    return { seq, ahead };
  }
}

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pump' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.nat(40) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      keep: fc.array(fc.boolean(), { maxLength: 16 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refuse' as const), which: fc.nat(15) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('disconnect' as const, 'probe' as const, 'rescan' as const),
    }),
  },
);

interface Trial {
  plan: SendPlan;
  relay: Relay;
  last: number;
  now: number;
  /** Sent since the connection began or the plan was rewound, and not acknowledged. */
  inFlight: Set<number>;
  /** What was acknowledged, and must not be forgotten. */
  known: Set<number>;
  highest: Record<string, number>;
}

/** Sends what may go; the first broken rule, if any. */
function pumpAndCheck(trial: Trial, window: number): string | undefined {
  const { plan, last, now, inFlight, known, highest } = trial;
  for (const { seq, stream } of pump(plan, last, now)) {
    if (known.has(seq)) return `${seq} was sent though known to be committed`;
    if (inFlight.has(seq)) return `${seq} was sent twice`;
    if (seq <= (highest[stream] ?? 0)) return `${seq} is out of order in ${stream}`;
    highest[stream] = seq;
    inFlight.add(seq);
    if (inFlight.size > window) return `more than ${window} in flight`;
  }
  return inFlight.size === plan.inFlight ? undefined : 'inFlight is wrong';
}

function apply(trial: Trial, e: typeof event extends fc.Arbitrary<infer E> ? E : never): void {
  const { plan, relay, inFlight, known } = trial;
  if (e.kind === 'append') trial.last += e.count;
  else if (e.kind === 'commit') {
    const arriving = [...inFlight];
    for (const [i, seq] of arriving.entries()) if (e.keep[i]) relay.committed.add(seq);
  } else if (e.kind === 'acknowledge') {
    plan.acknowledge(relay.acknowledgement());
    for (const seq of relay.committed) {
      known.add(seq);
      inFlight.delete(seq);
    }
  } else if (e.kind === 'refuse') {
    const seq = [...inFlight][e.which];
    if (seq === undefined || !plan.refuse(seq)) return;
    inFlight.delete(seq);
    trial.highest = {};
  } else if (e.kind !== 'pump') {
    if (e.kind === 'disconnect') {
      plan.disconnect(true);
      for (const seq of known) if (seq > plan.acked) known.delete(seq);
    } else plan[e.kind]();
    if (e.kind !== 'rescan') inFlight.clear();
    trial.highest = {};
  }
}

const trialArbitrary = {
  window: fc.integer({ min: 1, max: 16 }),
  backlogThreshold: fc.integer({ min: 1, max: 60 }),
  rate: fc.constantFrom(50, 1_000, Number.POSITIVE_INFINITY),
  events: fc.array(event, { maxLength: 120 }),
};

test('whatever happens: never more than the window, each stream in order, nothing that is known as committed, and everything in the end', (t) => {
  fc.assert(
    fc.property(fc.record(trialArbitrary), ({ window, backlogThreshold, rate, events }) => {
      const plan = new SendPlan(
        options({ window, backlogThreshold, backlogPerSecond: rate }),
        0,
        0,
      );
      const trial: Trial = {
        plan,
        relay: new Relay(),
        last: 0,
        now: 0,
        inFlight: new Set(),
        known: new Set(),
        highest: {},
      };
      for (const e of events) {
        trial.now += 7;
        apply(trial, e);
        const broken = pumpAndCheck(trial, window);
        if (broken) throw new Error(broken);
      }
      for (let round = 0; plan.acked < trial.last && round < 5_000; round++) {
        trial.now += 50;
        apply(trial, { kind: 'commit', keep: Array.from({ length: 16 }, () => true) });
        apply(trial, { kind: 'acknowledge' });
        const broken = pumpAndCheck(trial, window);
        if (broken) throw new Error(broken);
      }
      return plan.acked === trial.last && plan.inFlight === 0;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('above the threshold the waiting records become the backlog, and new records go first', (t) => {
  const plan = new SendPlan(options({ window: 4 }), 0, 0);
  t.deepEqual(
    pump(plan, 30).map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
  plan.acknowledge({ seq: 3 });
  t.deepEqual(pump(plan, 32), [
    { seq: 31, stream: 'live' },
    { seq: 32, stream: 'live' },
    { seq: 5, stream: 'backlog' },
  ]);
  plan.acknowledge({ seq: 5, ahead: [[31, 32]] });
  t.is(plan.acked, 5);
  t.deepEqual(
    pump(plan, 32).map(({ seq }) => seq),
    [6, 7, 8, 9],
  );
});

test('below the threshold there is one stream, without a rate limit', (t) => {
  const plan = new SendPlan(options({ window: 50, backlogPerSecond: 1 }), 0, 0);
  t.deepEqual(
    pump(plan, 20).map(({ stream }) => stream),
    Array.from({ length: 20 }, () => 'live'),
  );
  t.is(plan.waitMs(0), undefined);
});

test('the backlog keeps to its rate limit, and knows when it may continue', (t) => {
  const plan = new SendPlan(options({ window: 1_000, backlogPerSecond: 100 }), 0, 0);
  const first = pump(plan, 500, 1_000).length;
  t.is(first, 10);
  const waitMs = plan.waitMs(1_000);
  t.true(waitMs !== undefined && waitMs > 0 && waitMs <= 100);
  t.is(pump(plan, 500, 2_000).length, 10);
});

test('after a stall one record goes alone, then twice as many with each acknowledgement', (t) => {
  const plan = new SendPlan(options(), 0, 0);
  pump(plan, 100);
  plan.probe();
  const sizes: number[] = [];
  for (let ack = 0; ack < 5; ack++) {
    const sent = pump(plan, 100);
    sizes.push(sent.length);
    plan.acknowledge({ seq: plan.acked + plan.inFlight });
  }
  t.deepEqual(sizes, [1, 2, 4, 8, 8]);
});

test('bytes in flight are bounded, too', (t) => {
  const plan = new SendPlan(options({ window: 100, windowBytes: 25 }), 0, 0);
  t.is(pump(plan, 10).length, 3);
  plan.acknowledge({ seq: 2 });
  t.is(pump(plan, 10).length, 2);
});

test('an acknowledgement beyond what was ever numbered or sent is foreign, ranges ahead as well', (t) => {
  const plan = new SendPlan(options(), 5, 10);
  t.is(plan.acknowledge({ seq: 11 }), 'foreign');
  t.is(plan.acknowledge({ seq: 5, ahead: [[8, 11]] }), 'foreign');
  t.is(plan.acknowledge({ seq: 10 }), 'progress');
  t.is(plan.acknowledge({ seq: 10 }), 'known');
  pump(plan, 11);
  t.is(plan.acknowledge({ seq: 11 }), 'progress');
});

test('a record is overdue only from when the broker took it', (t) => {
  const plan = new SendPlan(options(), 0, 0);
  pump(plan, 2);
  t.false(plan.isOverdue(100_000, 1_000));
  plan.delivered(1, 500);
  t.false(plan.isOverdue(1_499, 1_000));
  t.true(plan.isOverdue(1_500, 1_000));
  plan.acknowledge({ seq: 1 });
  t.false(plan.isOverdue(5_000, 1_000));
});

test('a refused record goes again, the others in flight do not', (t) => {
  const plan = new SendPlan(options({ windowBytes: 50 }), 0, 0);
  pump(plan, 4);
  t.true(plan.refuse(2));
  t.false(plan.refuse(2));
  t.is(plan.inFlight, 3);
  t.deepEqual(
    pump(plan, 9).map(({ seq }) => seq),
    [2, 5],
  );
});

test('if the broker acknowledges, its confirmations may come in any order', (t) => {
  fc.assert(
    fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 8 }), (order) => {
      const plan = new SendPlan(options(), 0, 0);
      pump(plan, 8);
      const seen = new Set<number>();
      for (const seq of order) {
        plan.confirm(seq);
        seen.add(seq);
        let expected = 0;
        while (seen.has(expected + 1)) expected++;
        if (plan.acked !== expected || plan.inFlight !== 8 - seen.size) return false;
      }
      return plan.confirm(3) === 'known';
    }),
  );
  t.pass();
});

test('after an eviction the row in its place goes out, and nothing in flight goes twice', (t) => {
  const plan = new SendPlan(options({ window: 10 }), 0, 0);
  pump(plan, 5);
  plan.rescan();
  const batch = plan.next(6, 0);
  t.deepEqual(batch, { stream: 'live', after: 0, upTo: 6, count: 5 });
  const dropped = { seq: 3, from: 1, bytes: 0 };
  const rows = [dropped, row(4), row(5), row(6)];
  t.deepEqual(batch && plan.take(batch, rows).map(({ seq }) => seq), [6]);
  plan.probe();
  const again = plan.next(6, 0);
  t.deepEqual(again && plan.take(again, rows).map(({ seq }) => seq), [3]);
  plan.acknowledge({ seq: 3 });
  t.is(plan.inFlight, 0);
});

test('beyond the bound, the highest ranges ahead are forgotten, and their records go again', (t) => {
  const last = 2 * MAX_COMMITTED_RANGES + 10;
  const plan = new SendPlan(options({ window: last, windowBytes: 10 ** 9 }), 0, last);
  const ahead = Array.from({ length: MAX_COMMITTED_RANGES + 2 }, (_, i): [number, number] => [
    2 * i + 2,
    2 * i + 2,
  ]);
  plan.acknowledge({ seq: 0, ahead });
  const sent = new Set(pump(plan, last).map(({ seq }) => seq));
  const [kept, forgotten] = [2 * MAX_COMMITTED_RANGES, 2 * MAX_COMMITTED_RANGES + 2];
  t.false(sent.has(2));
  t.false(sent.has(kept));
  t.true(sent.has(forgotten));
  plan.disconnect(true);
  t.true(pump(plan, last).some(({ seq }) => seq === 2));
});
