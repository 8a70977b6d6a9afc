import test from 'ava';
import { RelayWatch } from '../../../edge/uplink/relay-watch.js';

const plan = (hasAhead = false) => ({ acked: 6, hasAhead });

function watch() {
  let now = 0;
  const relay = new RelayWatch(() => now);
  const after = (ms: number) => {
    now += ms;
    return relay;
  };
  return { relay, after };
}

test('a relay that acknowledges nothing behind a connected broker is noticed after the limit', (t) => {
  const { relay, after } = watch();
  relay.update(true, true);
  t.is(after(59_000).problem(plan(), 60_000), undefined);
  t.is(
    after(91_000).problem(plan(), 60_000),
    'the broker is connected, but the relay has acknowledged nothing for 3 min',
  );
});

test('a relay that takes later records alone does not accept the next one', (t) => {
  const { relay, after } = watch();
  relay.update(true, true);
  t.regex(
    after(61_000).problem(plan(true), 60_000) ?? '',
    /^the relay does not accept summary 7: it has later ones, .* for 61 s$/,
  );
});

test('an acknowledgement ends the silence, and so does an outbox without summaries', (t) => {
  const { relay, after } = watch();
  relay.update(true, true);
  after(100_000).progressed();
  t.is(after(30_000).silentMs, 30_000);
  relay.update(true, false);
  t.is(after(100_000).silentMs, 0);
  relay.update(true, true);
  t.is(after(5_000).silentMs, 5_000);
});

test('time without a connection does not count, and a connection that breaks again and again does not hide the silence', (t) => {
  const { relay, after } = watch();
  for (let i = 0; i < 10; i++) {
    relay.update(true, true);
    after(20_000).update(false, true);
    after(1_000_000);
  }
  t.is(relay.silentMs, 200_000);
});
