import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { ImagePage } from '../../../../core/contract/image.js';
import type { Clock } from '../../../../core/runtime/clock.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { openDatabase } from '../../../../core/store/database.js';
import { tablesOf } from '../../../../core/store/table-set.js';
import { edgeMigrations } from '../../../../edge/store/migrations.js';
import { Outbox } from '../../../../edge/store/outbox.js';
import { isUnacknowledged } from '../../../../edge/store/outbox-tables.js';
import { type EdgeTables, outboxTables } from '../../../../edge/store/tables.js';
import { ApiClient } from '../../../support/api-client.js';
import { startBroker } from '../../../support/broker.js';
import { aSummary } from '../../../support/delivery-fixtures.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const IMAGE = '/api/v1/objectdetection/image';
const MINUTE = 60_000;

/** An appliance whose every image is too old at the first sweep, five minutes after it was taken. */
async function setUp(
  t: ExecutionContext,
  names: string[],
  more: string[] = [],
  dataFolder?: string,
) {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder, { recursive: true });
  for (const [i, name] of names.entries())
    await copyFile(join(projectRoot(), 'samples', name), join(folder, `${i}.jpg`));
  const camera = `{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *" }`;
  const time = { ahead: 0 };
  const settings = [`cameras=[${camera}]`, `retention.maxAgeDays=${1 / 1440}`, ...more];
  const edge = await startEdge(settings, {
    clock: () => Date.now() + time.ahead,
    ...(dataFolder && { dataFolder }),
  });
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const shown: string[] = [];
  for (const _ of names) shown.push((await edge.cameras.snapshotNow('street')) ?? '');
  const kept = async () => {
    const { json } = await api.get<ImagePage>(t, IMAGE);
    return json.images.map(({ id }) => id).sort();
  };
  const sweep = () => {
    time.ahead = 5 * MINUTE;
    return edge.retention.sweep();
  };
  return { edge, shown, kept, sweep };
}

/** Reports to a broker that is not there. */
const NOWHERE = 'mqtt={ url: "mqtt://127.0.0.1:1" }';

/** A second connection to the outbox of a running appliance, which can add a summary of half an hour later. */
async function outboxOf(t: ExecutionContext, dataFolder: string, clock: Clock) {
  const file = join(dataFolder, 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const outbox = new Outbox(tablesOf(db, outboxTables), clock, {
    maxBytes: 2 ** 30,
    maxAgeMs: 10 * MINUTE,
  });
  const append = () =>
    outbox.append(
      tablesOf(db, outboxTables),
      aSummary({ snapshot: uuid({ msecs: Date.now() + 30 * MINUTE }) }),
    );
  return { db, outbox, append };
}

const [EMPTY, SIGN] = ['1-empty-street.jpg', '3-sign-near.jpg'];

test('the best image of an open sighting is kept beyond its age; the others are removed', async (t) => {
  const { shown, kept, sweep } = await setUp(t, [SIGN, SIGN, EMPTY]);
  const { aged } = await sweep();
  t.is(aged, 2);
  t.deepEqual(await kept(), [shown[0] ?? '']);
});

test('images whose summary waits for the relay are kept; once it is acknowledged they are removed', async (t) => {
  const { url, broker } = await startBroker(t);
  const waiting = await setUp(t, [EMPTY, SIGN], [NOWHERE]);
  t.is((await waiting.sweep()).aged, 0);
  t.deepEqual(await waiting.kept(), [...waiting.shown].sort());
  const reporting = await setUp(t, [EMPTY, SIGN], [`mqtt={ url: "${url}", settleOn: broker }`]);
  await eventually('everything is acknowledged', async () => {
    await reporting.sweep();
    return (await reporting.kept()).length === 0;
  });
  t.true(broker.connections > 0);
});

test('once a long outage has evicted summaries, their images are removed like any others', async (t) => {
  const { edge, kept, sweep, shown } = await setUp(t, [EMPTY, EMPTY], [NOWHERE]);
  const later = () => Date.now() + 30 * MINUTE;
  const { outbox, append } = await outboxOf(t, edge.dataFolder, later);
  await append();
  t.is((await sweep()).aged, 0);
  t.deepEqual(await kept(), [...shown].sort());
  t.is(await outbox.trim(), 2);
  t.is((await sweep()).aged, 2);
});

test('a summary from a time when the clock could not be trusted keeps no older images', async (t) => {
  const { edge, sweep } = await setUp(t, [EMPTY, EMPTY], [NOWHERE]);
  const { outbox, append } = await outboxOf(t, edge.dataFolder, () => 0);
  await outbox.acknowledge(2);
  await append();
  t.is((await sweep()).aged, 2);
});

test('if reporting is switched off, summaries in the outbox keep no images', async (t) => {
  const dataFolder = await temporaryFolder();
  const reporting = await setUp(t, [EMPTY], [NOWHERE], dataFolder);
  t.is((await reporting.sweep()).aged, 0);
  await reporting.edge.stop();
  const silent = await setUp(t, [EMPTY], [], dataFolder);
  t.is((await silent.sweep()).aged, 2);
});

test('exactly the images whose own summary is in the outbox are kept, in whatever order they were taken', async (t) => {
  const { edge, kept, sweep, shown } = await setUp(t, [EMPTY, EMPTY, EMPTY], [NOWHERE]);
  const { db } = await outboxOf(t, edge.dataFolder, () => 0);
  const [first = '', second = '', third = ''] = shown;
  // The clock stood back between them: the oldest summary is not of the oldest image.
  await db.updateTable('outbox').set({ image: third }).where('seq', '=', 1).execute();
  await db.deleteFrom('outbox').where('seq', '=', 3).execute();
  t.is((await sweep()).aged, 1);
  t.deepEqual(await kept(), [second, third].sort());
  t.false((await kept()).includes(first));
});

test('a summary whose picture was not stored keeps no other image', async (t) => {
  const { edge, sweep, kept, shown } = await setUp(t, [EMPTY, EMPTY], [NOWHERE]);
  const { db, outbox } = await outboxOf(t, edge.dataFolder, () => 0);
  await outbox.acknowledge(2);
  await outbox.append(tablesOf(db, outboxTables), aSummary());
  t.is((await sweep()).aged, shown.length);
  t.deepEqual(await kept(), []);
});

test('whether an image is acknowledged is found by the index', async (t) => {
  const { edge } = await setUp(t, [EMPTY], [NOWHERE]);
  const { db } = await outboxOf(t, edge.dataFolder, () => 0);
  const plan = await sql<{ detail: string }>`
    explain query plan select id from image where not ${isUnacknowledged}`.execute(db);
  t.true(
    plan.rows.some(({ detail }) => /SEARCH outbox USING COVERING INDEX outbox_image/.test(detail)),
    plan.rows.map(({ detail }) => detail).join('; '),
  );
});
