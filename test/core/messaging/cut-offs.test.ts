import test from 'ava';
import { CutOffs } from '../../../core/messaging/cut-offs.js';
import type { SentPacket } from '../../../core/messaging/unanswered.js';

const large: SentPacket = { topic: 'large', bytes: 50_000 };
const small: SentPacket = { topic: 'small', bytes: 200 };
const summary: SentPacket = { topic: 'up', bytes: 3_000 };
const alone = (packet: SentPacket): SentPacket => ({ ...packet, isAlone: true });

function setUp() {
  const clock = { now: 0 };
  const cutOffs = new CutOffs(
    (topic) => (topic === 'up' ? undefined : topic.split('/')[0]),
    () => clock.now,
  );
  const lost = (...unanswered: SentPacket[]) => cutOffs.ended({ unanswered, kind: 'unexplained' });
  return { clock, cutOffs, lost };
}

test('the first lost connection makes what was on its way suspicious; the second one, behind it alone, proves it', (t) => {
  const { cutOffs, lost } = setUp();
  t.false(cutOffs.isSuspicious(large));
  t.is(lost(small, large), undefined);
  t.is(cutOffs.refusalOf(large), undefined);
  t.true(cutOffs.isSuspicious(large));
  cutOffs.read([alone(small)]);
  t.false(cutOffs.isSuspicious(small));
  t.like(lost(alone(large)), large);
  t.is(cutOffs.refusalOf(large), 'too_large');
  t.deepEqual(cutOffs.withheld(), [{ ...large, because: 'too_large' }]);
  t.is(cutOffs.refusalOf(small), undefined);
});

test('a size that the broker took before is not blamed by a few lost connections', (t) => {
  const { cutOffs, lost } = setUp();
  cutOffs.read([large]);
  lost(small, large);
  t.is(lost(alone(large)), undefined);
  t.is(lost(alone(large)), undefined);
  t.is(cutOffs.refusalOf(large), undefined);
});

test('a broker that says with MQTT 5 that it has no limit needs more evidence', (t) => {
  const { cutOffs, lost } = setUp();
  lost(small, large);
  t.true(cutOffs.shouldAsk());
  cutOffs.announced('none');
  t.is(lost(alone(large)), undefined);
  t.truthy(lost(alone(large)));
  t.is(cutOffs.refusalOf(large), 'too_large');
});

test('the broker is asked for its limit at most once a minute, and only if something large may be the cause', (t) => {
  const { clock, cutOffs, lost } = setUp();
  lost(small);
  t.false(cutOffs.shouldAsk());
  lost(small, large);
  t.true(cutOffs.shouldAsk());
  t.false(cutOffs.shouldAsk());
  clock.now = 60_000;
  t.true(cutOffs.shouldAsk());
});

test('a small message after which the connection ends three times bars its topic, but never that of summaries', (t) => {
  const { clock, cutOffs, lost } = setUp();
  for (const packet of [small, { topic: 'up', bytes: 200 }])
    for (let i = 0; i < 5; i++) lost(alone(packet));
  t.is(cutOffs.refusalOf(small), 'barred');
  t.is(cutOffs.refusalOf({ topic: 'up', bytes: 200 }), undefined);
  clock.now = 24 * 3_600_000;
  t.is(cutOffs.refusalOf(small), undefined, 'tried again');
  cutOffs.read([small]);
  t.is(cutOffs.refusalOf(small), undefined);
  t.deepEqual(cutOffs.withheld(), []);
});

test('the same topic of several cameras is barred together, but not if the broker takes that of one camera', (t) => {
  const camera = (id: string): SentPacket => ({ topic: `state/${id}`, bytes: 200 });
  const all = setUp();
  for (const id of ['a', 'a', 'a']) all.lost(alone(camera(id)));
  t.is(all.cutOffs.refusalOf(camera('a')), 'barred');
  t.is(all.cutOffs.refusalOf(camera('b')), undefined);
  all.lost(alone(camera('b')));
  t.is(all.cutOffs.refusalOf(camera('d')), 'barred');
  const one = setUp();
  for (let i = 0; i < 3; i++) {
    one.cutOffs.read([camera('a')]);
    one.lost(alone(camera('b')));
  }
  t.is(one.cutOffs.refusalOf(camera('b')), 'barred');
  t.is(one.cutOffs.refusalOf(camera('a')), undefined);
});

test('a medium summary is blamed later than a large message', (t) => {
  const { cutOffs, lost } = setUp();
  lost(small, summary);
  t.is(lost(alone(summary)), undefined);
  t.like(lost(alone(summary)), summary);
  t.true(cutOffs.sizeNow() < summary.bytes);
});

test('a connection that ended for a known reason, or with everything answered, blames nothing', (t) => {
  const { cutOffs, lost } = setUp();
  for (let i = 0; i < 5; i++) {
    cutOffs.ended({ unanswered: [alone(large)], kind: 'other' });
    lost();
  }
  t.false(cutOffs.isSuspicious(large));
  t.is(cutOffs.refusalOf(large), undefined);
});
