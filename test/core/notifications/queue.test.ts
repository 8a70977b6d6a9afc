import test from 'ava';
import { totalTable } from '../../../core/notifications/total-table.js';
import { wayStateTable } from '../../../core/notifications/way-state-table.js';
import { failure, type Outcome } from '../../../core/notifications/ways/outcome.js';
import { eventually } from '../../support/eventually.js';
import {
  aWay,
  notificationDatabases,
  notificationRig,
} from '../../support/notification-fixtures.js';

const HOUR_MS = 3_600_000;
const OK: Outcome = { ok: true, answer: 'HTTP 200' };

const [sqlite, postgres] = notificationDatabases(test);

for (const { name, open } of [sqlite, postgres]) {
  test(`a receiver that fails for an hour loses nothing and is not flooded (${name})`, async (t) => {
    const { db } = await open(t);
    let attempts = 0;
    let isDown = true;
    const delivered: string[] = [];
    const rig = notificationRig(t, {
      db,
      send: (_, { id }) => {
        attempts++;
        if (isDown) return failure('HTTP 503');
        delivered.push(id);
        return OK;
      },
    });
    await rig.add('a', 50);
    await rig.pass(HOUR_MS);
    t.true(attempts > 3 && attempts < 20, `${attempts} attempts`);
    isDown = false;
    await rig.pass(HOUR_MS / 2);
    const rows = await rig.deliveries();
    t.deepEqual(
      delivered,
      rows.map(({ id }) => id),
      'each once, oldest first',
    );
    t.true(rows.every(({ state }) => state === 'delivered'));
    t.like(await totalTable.read(db), { delivered: 50, failed: attempts - 50, dropped: 0 });
  });

  test(`a process that was killed while it sent is followed by one that sends again, with the same id (${name})`, async (t) => {
    const { db, again } = await open(t);
    const isShared = name === 'PostgreSQL';
    let sent: string | undefined;
    const never = new Promise<Outcome>(() => undefined);
    const killed = notificationRig(t, {
      ...{ db, isShared },
      send: (_, { id }) => {
        sent = id;
        return never;
      },
    });
    await killed.add('a');
    await killed.definitions.refresh();
    killed.sender.wake();
    while (sent === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const ids: string[] = [];
    const next = notificationRig(t, {
      ...{ db: await again(), isShared },
      send: (_, { id }) => {
        ids.push(id);
        return OK;
      },
    });
    await next.sender.start();
    // With other processes on the database, nobody knows that this one is gone before its claim ends.
    if (isShared) await next.pass(121_000);
    else await next.send();
    t.deepEqual(ids, [sent]);
  });

  test(`a receiver that is dead or slow keeps no other waiting (${name})`, async (t) => {
    const { db } = await open(t);
    const done: string[] = [];
    const rig = notificationRig(t, {
      db,
      ways: [aWay('dead'), aWay('slow'), aWay('good')],
      send: async ({ id }) => {
        if (id === 'dead') return failure('connect ECONNREFUSED');
        // Its answer comes after everything else.
        if (id === 'slow')
          await eventually(() => done.filter((one) => one === 'good').length === 3);
        done.push(id);
        return OK;
      },
    });
    for (const way of ['dead', 'slow', 'good']) await rig.add(way, 3);
    await rig.send();
    t.deepEqual(done.slice(0, 3), ['good', 'good', 'good']);
    t.deepEqual(done.slice(3), ['slow', 'slow', 'slow']);
    t.is((await rig.deliveries()).filter(({ state }) => state === 'waiting').length, 3);
  });

  test(`beyond the bounds the oldest messages of the fullest way are dropped, counted and listed (${name})`, async (t) => {
    const { db } = await open(t);
    const limits = { maxWaitingEach: 20, maxWaiting: 25, keep: 10 };
    const rig = notificationRig(t, { db, limits, ways: [aWay('a'), aWay('b')] });
    await rig.add('b', 10);
    for (let i = 0; i < 5; i++) await rig.add('a', 10);
    const rows = await rig.deliveries();
    const waiting = (way: string) =>
      rows.filter((row) => row.way === way && row.state === 'waiting').length;
    t.is(waiting('b'), 10, 'it is not the fullest');
    t.is(waiting('a'), 15);
    t.regex(rows.find(({ state }) => state === 'dropped')?.answer ?? '', /too many messages wait/);
    t.is((await wayStateTable.of(db, 'a')).dropped, 35);
    t.is((await totalTable.read(db)).dropped, 35);
    await rig.queue.trim(db);
    t.is((await rig.deliveries()).length, 25 + 10, 'the history is bounded as well');
  });

  test(`bytes are bounded, and what is too old is dropped (${name})`, async (t) => {
    const { db } = await open(t);
    const rig = notificationRig(t, { db, limits: { maxBytesEach: 5_000 } });
    await rig.add('a', 40);
    const waiting = (await rig.deliveries()).filter(({ state }) => state === 'waiting');
    t.true(waiting.length > 3 && waiting.reduce((sum, { bytes }) => sum + bytes, 0) <= 5_000);
    rig.time.ms += 3 * 24 * HOUR_MS + 1;
    await rig.queue.trim(db);
    const rows = await rig.deliveries();
    t.true(rows.every(({ state }) => state === 'dropped'));
    t.regex(rows.at(-1)?.answer ?? '', /not delivered within 3 days/);
  });
}

test('of several relays one sends each message', async (t) => {
  const { db, again } = await postgres.open(t);
  const ids: string[] = [];
  const send = async (_: unknown, { id }: { id: string }): Promise<Outcome> => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    ids.push(id);
    return OK;
  };
  const rigs = [];
  for (const one of [db, await again(), await again()])
    rigs.push(notificationRig(t, { db: one, isShared: true, send }));
  await rigs[0]?.add('a', 60);
  await Promise.all(rigs.map((rig) => rig.send()));
  t.is(ids.length, 60);
  t.is(new Set(ids).size, 60);
});

test('Retry-After is honoured, a refused picture is left out, and a refused message keeps no other waiting', async (t) => {
  const { db } = await sqlite.open(t);
  const outcomes: Outcome[] = [
    failure('HTTP 429', { retryAfterMs: 2 * HOUR_MS }),
    failure('HTTP 413', { scope: 'picture' }),
    OK,
    failure('HTTP 400', { scope: 'message' }),
  ];
  const order: string[] = [];
  const rig = notificationRig(t, {
    db,
    send: (_, { text }) => {
      order.push(text);
      return outcomes.shift() ?? OK;
    },
  });
  await rig.add('a', 3);
  await rig.send();
  await rig.pass(2 * HOUR_MS - 60_000);
  t.deepEqual(order, ['0'], 'nothing before the time that the receiver asked for');
  await rig.pass(120_000);
  t.deepEqual(order, ['0', '0', '0', '1', '2']);
  t.is((await rig.deliveries())[0]?.picture_refused, 1);
  await rig.pass(10 * 60_000);
  t.deepEqual(order.slice(5), ['1'], 'the refused message is tried again');
});

test('a way sends no more a minute than it may; more waits', async (t) => {
  const { db } = await sqlite.open(t);
  let sent = 0;
  const rig = notificationRig(t, {
    db,
    ways: [aWay('a', { maxPerMinute: 5 })],
    send: () => {
      sent++;
      return OK;
    },
  });
  await rig.add('a', 12);
  await rig.send();
  t.is(sent, 5);
  await rig.pass(59_000, 1_000);
  t.is(sent, 5);
  await rig.pass(61_000, 1_000);
  t.is(sent, 12);
});
