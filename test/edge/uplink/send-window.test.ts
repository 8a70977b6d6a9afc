import test from 'ava';
import fc from 'fast-check';
import { SendWindow } from '../../../edge/uplink/send-window.js';

const event = fc.oneof(
  fc.record({ kind: fc.constant('send' as const) }),
  fc.record({ kind: fc.constant('ack' as const), seq: fc.nat(400) }),
  fc.record({ kind: fc.constantFrom('rewind' as const, 'probe' as const) }),
);

test('whatever happens, no more than the window is under way, in order, and nothing settled returns', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 32 }),
      fc.array(event, { maxLength: 300 }),
      (size, events) => {
        const window = new SendWindow(size, 0, 0);
        let acked = 0;
        let everSent = 0;
        for (const e of events) {
          const sentBefore = window.sent;
          if (e.kind === 'send' && window.room > 0) {
            window.send(window.sent + 1);
            if (window.sent !== sentBefore + 1) return false;
            everSent = Math.max(everSent, window.sent);
          } else if (e.kind === 'ack') {
            const result = window.acknowledge(e.seq);
            const expected = e.seq > everSent ? 'foreign' : e.seq > acked ? 'progress' : 'known';
            if (result !== expected) return false;
            if (result === 'progress') acked = e.seq;
          } else if (e.kind === 'rewind' || e.kind === 'probe') window[e.kind]();
          if (window.acked !== acked || window.inFlight < 0 || window.inFlight > size) return false;
        }
        return true;
      },
    ),
  );
  t.pass();
});

test('over a lossy road, every record is settled in the end', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 16 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      (size, losses) => {
        const total = 100;
        const window = new SendWindow(size, 0, 0);
        let committed = 0;
        let step = 0;
        // The road is fair: what is lost on it again and again gets through after the list is used up.
        const lost = () => losses[step++] ?? false;
        for (let round = 0; window.acked < total && round < 1_000; round++) {
          while (window.room > 0 && window.sent < total) {
            window.send(window.sent + 1);
            if (!lost() && window.sent === committed + 1) committed++;
          }
          if (lost() || window.acknowledge(committed) !== 'progress') window.probe();
        }
        return window.acked === total && committed === total;
      },
    ),
  );
  t.pass();
});

test('after silence one record goes alone, then twice as many with each acknowledgement', (t) => {
  const window = new SendWindow(8, 0, 100);
  for (let seq = 1; seq <= 8; seq++) window.send(seq);
  t.is(window.room, 0);
  window.probe();
  const rooms: number[] = [];
  for (let ack = 1; ack <= 5; ack++) {
    rooms.push(window.room);
    window.send(window.sent + 1);
    window.acknowledge(window.sent);
  }
  t.deepEqual(rooms, [1, 2, 4, 8, 8]);
});

test('an acknowledgement beyond what was ever numbered or sent is foreign', (t) => {
  const window = new SendWindow(8, 5, 10);
  t.is(window.acknowledge(11), 'foreign');
  t.is(window.acknowledge(10), 'progress');
  t.is(window.acknowledge(10), 'known');
  window.send(11);
  t.is(window.acknowledge(11), 'progress');
});
