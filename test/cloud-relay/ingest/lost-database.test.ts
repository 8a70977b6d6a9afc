import test from 'ava';
import { sql } from 'kysely';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { deliveryMigrations } from '../../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { openSharedDatabase } from '../../../core/store/database.js';
import { openPostgres, SERVICE_LIMITS } from '../../../core/store/open-postgres.js';
import { silentProxy } from '../../fakes/silent-proxy.js';
import { anArrival, EPOCH, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { withPostgresServer } from '../../support/relay-databases.js';

const server = withPostgresServer(test);

test('records are committed though the database ends its connections or stops to answer on them', async (t) => {
  const url = await server().createDatabase();
  const proxy = await silentProxy(t, { path: server().socket });
  const { db, close } = await openSharedDatabase<RelayTables>(
    server().through(url, proxy.port),
    deliveryMigrations,
    () => undefined,
    { ...SERVICE_LIMITS, answerMs: 1_000 },
  );
  t.teardown(close);
  const { bus, registry, appliances } = await startFleet(t, undefined, undefined, async () => db);
  const ingest = new Ingest(bus, db, registry, log);
  await ingest.start();
  let acked = 0;
  appliances.subscribe('ack', {}, ({ payload }) => {
    if (payload.epoch === EPOCH) acked = Math.max(acked, payload.seq);
  });
  const admin = openPostgres<Record<string, never>>(url, () => undefined);
  t.teardown(admin.close);
  let seq = 0;
  const deliver = async (what: string) => {
    const began = performance.now();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        appliances.publish('up', { site: 'north' }, anArrival(++seq).record),
      ),
    );
    await eventually(what, () => acked === seq, 10_000);
    return performance.now() - began;
  };
  await deliver('commits');
  proxy.silence();
  t.true((await deliver('commits on new connections')) < 5_000);
  for (let round = 0; round < 10; round++) {
    const delivered = deliver('commits after its connections were ended');
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and datname = current_database()`.execute(admin.db);
    await delivered;
  }
  t.like(ingest.status(), { failed: 0, committed: seq });
});
