import test from 'ava';
import fc from 'fast-check';
import { CONFIRMATION_MS, EpochGuard, type EpochState } from '../../../edge/uplink/epoch-guard.js';

const epoch = '01890a5d-ac96-774b-bcce-b302099a8057';

const state = (more: Partial<EpochState> = {}): EpochState => ({
  epoch,
  ackedSeq: 0,
  sentWatermark: 0,
  sharedSeq: 0,
  ...more,
});

/** A file that sent up to 40 and was restarted. */
const restarted = () => new EpochGuard(state({ ackedSeq: 20, sentWatermark: 40 }), true);
/** A file whose identity has changed: its 30 rows are those of its original. */
const copied = () =>
  new EpochGuard(state({ ackedSeq: 20, sentWatermark: 30, sharedSeq: 30 }), true);

const ack = (seq: number) => ({ epoch, seq });

test('an outbox that never sent anything is confirmed from the start', (t) => {
  const guard = new EpochGuard(state(), true);
  t.true(guard.isConfirmed);
  t.is(guard.sendLimit(500), 500);
});

test('without a relay there is nothing to wait for', (t) => {
  const guard = new EpochGuard(state({ ackedSeq: 20, sentWatermark: 40 }), false);
  t.true(guard.isConfirmed);
  t.is(guard.sendLimit(500), 500);
});

test('until the relay confirms the epoch, only what it may have already is sent', (t) => {
  for (const [guard, limit] of [
    [restarted(), 40],
    [copied(), 30],
  ] as const) {
    t.is(guard.sendLimit(500), limit);
    t.is(guard.sendLimit(10), 10);
    t.is(guard.watermarkFor(limit), limit, 'the watermark does not rise before');
    guard.onAcknowledgement(ack(25), 'progress', false);
    t.is(guard.sendLimit(500), 500);
    t.true(guard.watermarkFor(501) > 501);
    t.is(guard.end, undefined);
  }
});

test('an acknowledgement without progress confirms the epoch, too', (t) => {
  const guard = restarted();
  guard.onAcknowledgement(ack(20), 'known', false);
  t.true(guard.isConfirmed);
});

test('a retained acknowledgement confirms nothing, since it may be older than what the relay has', (t) => {
  const guard = copied();
  guard.onAcknowledgement(ack(25), 'progress', true);
  t.false(guard.isConfirmed);
  t.is(guard.sendLimit(500), 30);
});

test('an acknowledgement of what was never sent ends the epoch, also a retained one', (t) => {
  for (const isRetained of [true, false])
    for (const guard of [restarted(), copied(), new EpochGuard(state(), true)]) {
      guard.onAcknowledgement(ack(90), 'foreign', isRetained);
      t.deepEqual(guard.end, { reason: 'relay-is-ahead', acknowledged: ack(90) });
    }
});

test('if the relay stays silent after a restart, the database may be a copy, and the epoch ends', (t) => {
  const guard = restarted();
  guard.onSilence(CONFIRMATION_MS, false, 40);
  t.false(guard.isConfirmed);
  t.deepEqual(guard.end, { reason: 'not-confirmed', acknowledged: ack(40) });
});

test('if the relay stays silent, a copy gives up its epoch', (t) => {
  const guard = copied();
  guard.onSilence(CONFIRMATION_MS, false, 30);
  t.false(guard.isConfirmed);
  t.deepEqual(guard.end, { reason: 'copy-not-confirmed', acknowledged: ack(30) });
});

test('nothing is decided before the time is up, or while shared rows are left that the relay would answer', (t) => {
  for (const guard of [restarted(), copied()]) {
    guard.onSilence(CONFIRMATION_MS - 1, false, 30);
    guard.onSilence(10 * CONFIRMATION_MS, true, 25);
    t.false(guard.isConfirmed);
    t.is(guard.end, undefined);
  }
});

test('a confirmation that arrives while the silence is examined counts', (t) => {
  const guard = copied();
  guard.onAcknowledgement(ack(30), 'progress', false);
  guard.onSilence(CONFIRMATION_MS, false, 30);
  t.true(guard.isConfirmed);
  t.is(guard.end, undefined);
});

test('whatever happens: unconfirmed, no number above the shared ones is sent, and an end is final', (t) => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant('ack' as const),
      seq: fc.nat(60),
      outcome: fc.constantFrom('progress' as const, 'known' as const, 'foreign' as const),
      isRetained: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('silence' as const),
      silenceMs: fc.nat(2 * CONFIRMATION_MS),
      unsentShared: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.array(event), (sentWatermark, sharedSeq, events) => {
      const ackedSeq = Math.min(5, Math.max(sentWatermark, sharedSeq));
      const guard = new EpochGuard(state({ ackedSeq, sentWatermark, sharedSeq }), true);
      let hadEnd = false;
      for (const e of events) {
        if (e.kind === 'ack') guard.onAcknowledgement(ack(e.seq), e.outcome, e.isRetained);
        else guard.onSilence(e.silenceMs, e.unsentShared, ackedSeq);
        if (hadEnd && !guard.end) return false;
        hadEnd = guard.end !== undefined;
        if (!guard.isConfirmed && guard.sendLimit(1_000) > Math.max(sentWatermark, sharedSeq))
          return false;
      }
      return true;
    }),
  );
  t.pass();
});
