import test from 'ava';
import type { NotificationRule } from '../../../core/contract/notification.js';
import type { Happening } from '../../../core/contract/notification-delivery.js';
import {
  type Condition,
  type ConditionSource,
  type EventLog,
  noHappening,
} from '../../../core/notifications/occurrence.js';
import { totalTable } from '../../../core/notifications/total-table.js';
import {
  aRule,
  aWay,
  notificationDatabases,
  notificationRig,
} from '../../support/notification-fixtures.js';

const MINUTE_MS = 60_000;
const [sqlite, postgres] = notificationDatabases(test);

/** A log of events as the database has one. */
function eventLog() {
  const events: Partial<Happening>[] = [];
  let failures = 0;
  const log: EventLog = {
    name: 'test',
    async read(_, after) {
      if (failures-- > 0) throw new Error('the database is away');
      const next = events.length;
      if (after === undefined) return { occurrences: [], next, missed: 0, hasMore: false };
      const page = events.slice(after, after + 2);
      const occurrences = page.map((more) => {
        const happening = { ...noHappening('2026-11-27T10:00:00.000Z', 'a person'), ...more };
        return { when: 'appeared' as const, subject: happening.camera ?? '', happening };
      });
      return { occurrences, next: after + page.length, missed: 0, hasMore: page.length === 2 };
    },
  };
  return {
    log,
    happen: (...more: Partial<Happening>[]) => void events.push(...more),
    failNext: () => {
      failures = 1;
    },
  };
}

/** A camera that the test breaks and mends. */
function cameraSource() {
  const camera: { state: Condition['state']; isThere: boolean } = { state: 'ok', isThere: true };
  const source: ConditionSource = {
    ...{ when: 'camera_offline', afterMinutes: 5, holdMs: MINUTE_MS },
    async conditions(): Promise<Condition[]> {
      const happening = { ...noHappening('2026-11-27T10:00:00.000Z', 'offline'), camera: 'gate' };
      const one = { id: 'gate', when: 'camera_offline' as const, subject: 'gate', happening };
      return camera.isThere ? [{ ...one, state: camera.state, recovered: 'back' }] : [];
    },
  };
  return { camera, source };
}

const offlineRule = (more: object = {}): NotificationRule =>
  aRule({ when: 'camera_offline', cooldownMinutes: 30, ...more });

test('events after the start are told once each, over pages, failures and restarts; those before are not', async (t) => {
  const { db, again } = await sqlite.open(t);
  const { log, happen, failNext } = eventLog();
  happen({ camera: 'old' });
  const rig = notificationRig(t, { db, rules: [aRule()], logs: [log] });
  await rig.engine.start();
  happen(...Array.from({ length: 7 }, (_, i) => ({ camera: `c${i}` })));
  failNext();
  await rig.engine.run();
  await rig.engine.run();
  await rig.engine.run();
  happen({ camera: 'later' });
  const next = notificationRig(t, { db: await again(), rules: [aRule()], logs: [log] });
  await next.engine.start();
  t.deepEqual(
    (await next.texts()).map(({ camera }) => camera),
    ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'later'],
  );
});

test('a rule tells of its cameras, labels, zones, confidence and time windows alone', async (t) => {
  const { db } = await sqlite.open(t);
  const { log, happen } = eventLog();
  const rules = [
    aRule({ id: 'camera', cameras: ['gate'] }),
    aRule({ id: 'label', labels: ['dog'] }),
    aRule({ id: 'zone', zones: ['Yard'] }),
    aRule({ id: 'sure', minConfidence: 0.8 }),
    aRule({ id: 'night', windows: [{ from: '22:00', to: '06:00' }] }),
    aRule({ id: 'off', enabled: false }),
    aRule({ id: 'left', when: 'left' }),
  ];
  const rig = notificationRig(t, { db, rules, logs: [log] });
  await rig.engine.start();
  const noon = new Date(2026, 10, 27, 12).toISOString();
  const midnight = new Date(2026, 10, 27, 23, 59).toISOString();
  happen(
    { camera: 'gate', label: 'cat', confidence: 0.5, at: noon },
    { camera: 'door', label: 'dog', zones: ['Street', 'Yard'], confidence: null, at: noon },
    { camera: 'door', label: 'cat', confidence: 0.8, at: midnight },
  );
  await rig.engine.run();
  t.deepEqual(
    (await rig.texts()).map(({ rule, label }) => [rule.id, label]),
    [
      ['camera', 'cat'],
      ['label', 'dog'],
      ['zone', 'dog'],
      ['sure', 'cat'],
      ['night', 'cat'],
    ],
  );
});

test('during a cooldown events of a camera are counted and told with the next message', async (t) => {
  const { db } = await sqlite.open(t);
  const { log, happen } = eventLog();
  const rig = notificationRig(t, { db, rules: [aRule({ cooldownMinutes: 5 })], logs: [log] });
  await rig.engine.start();
  happen({ camera: 'gate' }, { camera: 'gate' }, { camera: 'door' }, { camera: 'gate' });
  await rig.engine.run();
  t.deepEqual(
    (await rig.texts()).map(({ camera }) => camera),
    ['gate', 'door'],
  );
  rig.time.ms += 5 * MINUTE_MS;
  happen({ camera: 'gate' });
  await rig.engine.run();
  t.regex((await rig.texts())[2]?.text ?? '', /\n2 others since the last message$/);
});

test('what happens within the collecting time becomes one message, also over a restart', async (t) => {
  const { db, again } = await sqlite.open(t);
  const { log, happen } = eventLog();
  const rules = [aRule({ collectSeconds: 60 })];
  const rig = notificationRig(t, { db, rules, logs: [log] });
  await rig.engine.start();
  happen(...Array.from({ length: 30 }, (_, i) => ({ camera: `c${i}`, label: 'person' })));
  await rig.engine.run();
  t.deepEqual(await rig.texts(), []);
  const next = notificationRig(t, { db: await again(), rules, logs: [log] });
  next.time.ms += MINUTE_MS;
  await next.engine.start();
  const [message, ...others] = await next.texts();
  t.deepEqual(others, []);
  t.like(message, { count: 30, title: '30 × person appeared', camera: null });
  t.is(message?.happenings.length, 20, 'the first ones');
  t.regex(message?.text ?? '', /and 22 more$/);
});

test('a camera that is offline for long is told once, and that it is back once', async (t) => {
  const { db, again } = await sqlite.open(t);
  const { camera, source } = cameraSource();
  const rules = [offlineRule()];
  const rig = notificationRig(t, { db, rules, sources: [source] });
  await rig.engine.start();
  const look = async (minutes: number) => {
    rig.time.ms += minutes * MINUTE_MS;
    await rig.engine.run();
    return (await rig.texts()).map(({ phase }) => phase);
  };
  camera.state = 'problem';
  t.deepEqual(await look(0), []);
  t.deepEqual(await look(4), [], 'not for long enough');
  t.deepEqual(await look(1), ['problem']);
  t.deepEqual(await look(60), ['problem']);
  // A restart: the camera starts, and is offline as before.
  const next = notificationRig(t, { db: await again(), rules, sources: [source] });
  next.time.ms = rig.time.ms;
  camera.state = 'unknown';
  await next.engine.start();
  camera.state = 'problem';
  await next.engine.run();
  t.is((await next.texts()).length, 1, 'no second message after the restart');
  camera.state = 'ok';
  await next.engine.run();
  t.is((await next.texts()).length, 1, 'not at the first good look');
  next.time.ms += MINUTE_MS;
  await next.engine.run();
  const [, recovered] = await next.texts();
  t.like(recovered, { phase: 'recovered', title: 'Camera is back: gate' });
  t.regex(recovered?.text ?? '', /back$/);
});

test('a camera that flaps for hours gives two messages an hour at most', async (t) => {
  const { db } = await sqlite.open(t);
  const { camera, source } = cameraSource();
  const rules = [offlineRule({ afterMinutes: 0, cooldownMinutes: 60 })];
  const rig = notificationRig(t, { db, rules, sources: [source] });
  await rig.engine.start();
  for (let i = 0; i < 240; i++) {
    camera.state = i % 4 < 2 ? 'problem' : 'ok';
    rig.time.ms += MINUTE_MS;
    await rig.engine.run();
  }
  const phases = (await rig.texts()).map(({ phase }) => phase);
  t.true(phases.filter((phase) => phase === 'problem').length <= 4, phases.join(' '));
  t.true(phases.length <= 8, phases.join(' '));
});

test('a condition outside the time windows is told when a window opens; a removed camera is forgotten', async (t) => {
  const { db } = await sqlite.open(t);
  const { camera, source } = cameraSource();
  const rules = [offlineRule({ windows: [{ from: '08:00', to: '18:00' }] })];
  const rig = notificationRig(t, { db, rules, sources: [source] });
  rig.time.ms = new Date(2026, 10, 27, 7).getTime();
  await rig.engine.start();
  camera.state = 'problem';
  await rig.engine.run();
  rig.time.ms += 30 * MINUTE_MS;
  await rig.engine.run();
  t.deepEqual(await rig.texts(), []);
  rig.time.ms += 30 * MINUTE_MS;
  await rig.engine.run();
  t.is((await rig.texts()).length, 1);
  camera.isThere = false;
  await rig.engine.run();
  camera.isThere = true;
  camera.state = 'ok';
  rig.time.ms += 60 * MINUTE_MS;
  await rig.engine.run();
  t.is((await rig.texts()).length, 1, 'it did not come back: it was removed');
});

test('a message goes each of its ways that is switched on', async (t) => {
  const { db } = await sqlite.open(t);
  const { log, happen } = eventLog();
  const ways = [aWay('a'), aWay('b', { enabled: false }), aWay('c')];
  const rig = notificationRig(t, {
    db,
    ways,
    rules: [aRule({ ways: ['a', 'b', 'c'] })],
    logs: [log],
  });
  await rig.engine.start();
  happen({ camera: 'gate' });
  await rig.engine.run();
  const rows = await rig.deliveries();
  t.deepEqual(
    rows.map(({ way }) => way),
    ['a', 'c'],
  );
  t.is(new Set(rows.map(({ id }) => id)).size, 2);
});

test('of several relays one applies the rules, and another goes on if it ends', async (t) => {
  const { db, again } = await postgres.open(t);
  const { camera, source } = cameraSource();
  const rules = [offlineRule({ afterMinutes: 0 })];
  const rigs = [db, await again()].map((one) =>
    notificationRig(t, { db: one, rules, sources: [source], isShared: true }),
  );
  camera.state = 'problem';
  await Promise.all(rigs.map((rig) => rig.engine.start()));
  await Promise.all(rigs.map((rig) => rig.engine.run()));
  t.is((await rigs[0]?.texts())?.length, 1);
  const [first, second] = rigs;
  await first?.engine.stop();
  camera.state = 'ok';
  for (let i = 0; second && i < 5; i++) {
    second.time.ms += MINUTE_MS;
    await second.engine.run();
  }
  t.deepEqual(
    (await second?.texts())?.map(({ phase }) => phase),
    ['problem', 'recovered'],
  );
  t.is((await totalTable.read(db)).missed, 0);
});
