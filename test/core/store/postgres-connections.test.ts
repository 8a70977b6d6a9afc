import test, { type ExecutionContext } from 'ava';
import { type Kysely, sql } from 'kysely';
import { DatabaseUnavailableError } from '../../../core/store/database-unavailable.js';
import { openPostgres, SERVICE_LIMITS } from '../../../core/store/open-postgres.js';
import { silentProxy } from '../../fakes/silent-proxy.js';
import { eventually } from '../../support/eventually.js';
import { withPostgresServer } from '../../support/relay-databases.js';

const server = withPostgresServer(test);

async function open(t: ExecutionContext, limits: Partial<typeof SERVICE_LIMITS> = {}) {
  const url = await server().createDatabase();
  const proxy = await silentProxy(t, { path: server().socket });
  const lost: string[] = [];
  const onError = (error: Error) => void lost.push(error.message);
  const { db, close } = openPostgres<Record<string, never>>(
    server().through(url, proxy.port),
    onError,
    { ...SERVICE_LIMITS, ...limits },
  );
  t.teardown(close);
  const admin = openPostgres<Record<string, never>>(url, () => undefined);
  t.teardown(admin.close);
  return { db, proxy, lost, admin: admin.db };
}

const answer = (db: Kysely<Record<string, never>>) => sql`select 1`.execute(db);

const terminateAll = (admin: Kysely<Record<string, never>>) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and datname = current_database()`.execute(admin);

test('a server that ends the connections in use and the idle ones does not end the process', async (t) => {
  const { db, admin, lost } = await open(t);
  for (let round = 0; round < 20; round++) {
    const busy = Array.from({ length: 4 }, () =>
      db
        .transaction()
        .execute(async (trx) => {
          await answer(trx);
          await sql`select pg_sleep(0.05)`.execute(trx);
          // Between statements of a transaction, nothing waits for the connection.
          await new Promise((resolve) => setTimeout(resolve, 20));
          await answer(trx);
        })
        .catch((error: unknown) => error),
    );
    await new Promise((resolve) => setTimeout(resolve, 10 + round * 3));
    await terminateAll(admin);
    for (const outcome of await Promise.all(busy))
      t.true(outcome === undefined || outcome instanceof DatabaseUnavailableError, String(outcome));
    await eventually('a new connection works', () =>
      answer(db).then(
        () => true,
        () => false,
      ),
    );
  }
  t.true(lost.length > 0, 'they are reported');
});

test('a statement whose answer does not come fails at its deadline, and the idle connections of the same age are not used', async (t) => {
  const { db, proxy } = await open(t, { answerMs: 500 });
  await Promise.all(Array.from({ length: 8 }, () => sql`select pg_sleep(0.1)`.execute(db)));
  t.is(proxy.connections, 8);
  proxy.silence();
  const began = performance.now();
  const error = await t.throwsAsync(answer(db), { instanceOf: DatabaseUnavailableError });
  t.is(error?.kind, 'away');
  for (let i = 0; i < 10; i++) await answer(db);
  t.true(performance.now() - began < 2_000, 'one deadline, not one for each connection');
  t.true(proxy.connections > 8);
});

test('a transaction that loses its server fails with the first reason, and its connection is closed', async (t) => {
  const { db, proxy } = await open(t, { answerMs: 300 });
  const began = performance.now();
  const error = await t.throwsAsync(
    db.transaction().execute(async (trx) => {
      await answer(trx);
      proxy.silence();
      await answer(trx);
    }),
    { instanceOf: DatabaseUnavailableError },
  );
  t.regex(error?.message ?? '', /no answer within/);
  t.true(performance.now() - began < 900, 'the rollback does not wait for a second deadline');
  await answer(db);
});

test('a connection that is accepted and never answers fails at the deadline of connecting', async (t) => {
  const { db, proxy } = await open(t);
  proxy.silenceNew();
  const began = performance.now();
  await t.throwsAsync(answer(db), { instanceOf: DatabaseUnavailableError });
  t.true(performance.now() - began < 15_000);
  proxy.restore();
  await answer(db);
});

test('a server that closes each connection is unavailable, and is used again once it accepts them', async (t) => {
  const { db, proxy } = await open(t);
  await answer(db);
  proxy.refuse();
  await t.throwsAsync(answer(db), { instanceOf: DatabaseUnavailableError });
  proxy.restore();
  await answer(db);
});

test('the server cancels a statement and a lock that take too long, and ends an idle transaction', async (t) => {
  const { db, admin } = await open(t, { statementMs: 300, lockMs: 100, idleInTransactionMs: 300 });
  const slow = await t.throwsAsync(sql`select pg_sleep(5)`.execute(db), {
    instanceOf: DatabaseUnavailableError,
  });
  t.is(slow?.kind, 'late');
  await sql`create table thing (id int)`.execute(admin);
  await admin.transaction().execute(async (trx) => {
    await sql`lock table thing`.execute(trx);
    const locked = await t.throwsAsync(sql`select * from thing`.execute(db), {
      instanceOf: DatabaseUnavailableError,
    });
    t.is(locked?.kind, 'late');
  });
  const idle = db.transaction().execute(async (trx) => {
    await sql`lock table thing`.execute(trx);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await answer(trx);
  });
  await t.throwsAsync(idle, { instanceOf: DatabaseUnavailableError });
  await sql`select * from thing`.execute(admin);
});

test('a mistake in a statement is no unavailability', async (t) => {
  const { db } = await open(t);
  const error = await t.throwsAsync(sql`select * from nowhere`.execute(db));
  t.false(error instanceof DatabaseUnavailableError);
  await answer(db);
});

test('a read-only database is unwritable', async (t) => {
  const { db, admin } = await open(t);
  await sql`create table thing (id int)`.execute(admin);
  const error = await t.throwsAsync(
    db
      .transaction()
      .setAccessMode('read only')
      .execute((trx) => sql`insert into thing values (1)`.execute(trx)),
    { instanceOf: DatabaseUnavailableError },
  );
  t.is(error?.kind, 'unwritable');
});

test('the pool closes at once though its server does not answer', async (t) => {
  const url = await server().createDatabase();
  const proxy = await silentProxy(t, { path: server().socket });
  const { db, close } = openPostgres(server().through(url, proxy.port), () => undefined);
  await sql`select 1`.execute(db);
  proxy.silence();
  const began = performance.now();
  await close();
  t.true(performance.now() - began < 2_000);
});
