import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest from 'ava';
import { sql } from 'kysely';
import type { GivenWay, NotificationWay } from '../../../core/contract/notification-way.js';
import { notificationMigration } from '../../../core/notifications/notification-migration.js';
import { FileKeeper, SealedKeeper } from '../../../core/notifications/secret-keeper.js';
import type { NotificationDb, NotificationTables } from '../../../core/notifications/tables.js';
import { openDatabase } from '../../../core/store/database.js';
import { notificationDatabases, notificationRig } from '../../support/notification-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const [, postgres] = notificationDatabases(anyTest);
const test = anyTest;

const HOOK = {
  ...{ id: 'hook', kind: 'webhook', preset: 'json', enabled: true, maxPerMinute: 30 },
  url: 'https://hooks.example.org/token-in-path',
  headers: [{ name: 'Authorization', value: 'Bearer secret-in-header' }],
  signingSecret: 'secret-for-signing',
} satisfies GivenWay;
const MAIL = {
  ...{ id: 'mail', kind: 'email', enabled: true, maxPerMinute: 30, host: 'mail.example.org' },
  ...{ security: 'tls', username: 'me', password: 'secret-of-mail', picture: 'none' },
  ...{ from: 'a@example.org', to: ['b@example.org'] },
} satisfies GivenWay;
const SECRETS = ['token-in-path', 'secret-in-header', 'secret-for-signing', 'secret-of-mail'];

const store = (db: NotificationDb, way: { id: string }) =>
  db
    .insertInto('notification_definition')
    .values({ kind: 'way', id: way.id, settings: JSON.stringify(way), changed_at: 1 })
    .execute();

/** What a file has of the secrets. */
const tracesIn = (file: string) => {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  return SECRETS.filter((secret) => bytes.includes(secret));
};

test('secrets that a version before stored as texts move into files, and the database keeps no trace', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'edge.db');
  const migrations = { '0001_notifications': notificationMigration };
  const { db, close } = await openDatabase<NotificationTables>(file, migrations);
  t.teardown(close);
  await store(db, HOOK);
  await store(db, MAIL);
  // Of one that was removed before, free pages have parts.
  await store(db, { ...HOOK, id: 'gone', body: 'x'.repeat(8_000) } as { id: string });
  await db.deleteFrom('notification_definition').where('id', '=', 'gone').execute();
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
  t.deepEqual(tracesIn(file), SECRETS);

  const secrets = join(folder, 'edge.db.way-secrets');
  const rig = () =>
    notificationRig(t, { db, ways: [], keeper: new FileKeeper(secrets) }).definitions;
  const definitions = rig();
  await definitions.moveSecrets();
  for (const name of ['edge.db', 'edge.db-wal'])
    t.deepEqual(tracesIn(join(folder, name)), [], name);
  t.is(statSync(secrets).mode & 0o777, 0o700);
  t.is(readdirSync(secrets).length, 4);
  for (const name of readdirSync(secrets)) t.is(statSync(join(secrets, name)).mode & 0o777, 0o600);
  await definitions.refresh();
  t.like(definitions.way('hook'), HOOK);
  t.like(definitions.way('mail'), MAIL);

  await definitions.replaceWay('mail', { ...MAIL, password: { set: true }, name: 'Mail' });
  t.like(definitions.way('mail'), { password: MAIL.password, name: 'Mail' });
  await definitions.removeWay('hook');
  t.is(readdirSync(secrets).length, 1, 'what no way has is removed');
  const next = rig();
  await next.moveSecrets();
  await next.refresh();
  t.like(next.way('mail'), { password: MAIL.password });
});

test('a way whose secret is missing stays, sends nothing, and works once the secret is entered again', async (t) => {
  const folder = await temporaryFolder(t);
  const migrations = { '0001_notifications': notificationMigration };
  const { db, close } = await openDatabase<NotificationTables>(join(folder, 'edge.db'), migrations);
  t.teardown(close);
  const secrets = join(folder, 'edge.db.way-secrets');
  const first = notificationRig(t, { db, ways: [], keeper: new FileKeeper(secrets) }).definitions;
  await first.addWay(HOOK);
  await rm(secrets, { recursive: true });
  const { definitions } = notificationRig(t, { db, ways: [], keeper: new FileKeeper(secrets) });
  await definitions.refresh();
  const lacks = ['url', 'signingSecret', 'header Authorization'];
  t.deepEqual(definitions.lacksOf('hook'), lacks);
  t.regex(
    definitions.problemOf('hook') ?? '',
    /missing: url, signingSecret, header Authorization.*Enter it again/,
  );
  const marked = { ...HOOK, url: { set: true } };
  const kept = await t.throwsAsync(definitions.replaceWay('hook', marked as GivenWay));
  t.regex(kept?.message ?? '', /url: enter it again/);
  // The address alone is no reason to take another secret for the former one.
  const header = { name: 'Authorization', value: { set: true } };
  await t.throwsAsync(definitions.replaceWay('hook', { ...HOOK, headers: [header] }), {
    message: /headers Authorization: enter it again/,
  });
  await definitions.replaceWay('hook', HOOK);
  t.is(definitions.problemOf('hook'), undefined);
  t.like(definitions.way('hook'), HOOK);
});

test('relays with one key share the secrets of ways, which PostgreSQL has encrypted', async (t) => {
  const { db, again } = await postgres.open(t);
  await store(db, MAIL);
  const key = 'a-key-of-at-least-thirty-two-characters';
  const one = (at: NotificationDb, keeper: SealedKeeper) =>
    notificationRig(t, { db: at, ways: [], isShared: true, keeper }).definitions;
  const stored = async () =>
    JSON.stringify(await db.selectFrom('notification_definition').selectAll().execute());

  const without = one(db, new SealedKeeper(undefined));
  await without.moveSecrets();
  await without.refresh();
  t.like(
    without.way('mail'),
    { password: MAIL.password },
    'what was stored before goes on working',
  );
  await t.throwsAsync(without.addWay(HOOK), { message: /has no key.*database\.secretKey/ });
  t.notRegex(await stored(), /token-in-path/);
  t.throws(() => new SealedKeeper('short'), { message: /at least 32 characters/ });

  const [first, second] = [
    one(db, new SealedKeeper(key)),
    one(await again(), new SealedKeeper(key)),
  ];
  await Promise.all([first.moveSecrets(), second.moveSecrets()]);
  await first.addWay(HOOK);
  for (const secret of SECRETS) t.false((await stored()).includes(secret), secret);
  await second.refresh();
  const ways: NotificationWay[] = [second.way('hook'), second.way('mail')];
  t.like(ways[0], HOOK);
  t.like(ways[1], MAIL);

  // Who can write to the database, and does not know the key, cannot have a secret sent elsewhere.
  const change = async (id: string, settings: object) => {
    const row = db.updateTable('notification_definition').where('id', '=', id);
    const { settings: before } = await db
      .selectFrom('notification_definition')
      .select('settings')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    await row.set({ settings: JSON.stringify({ ...JSON.parse(before), ...settings }) }).execute();
    await second.refresh();
    const lacks = second.lacksOf(id);
    await row.set({ settings: before }).execute();
    await second.refresh();
    return lacks;
  };
  t.deepEqual(await change('mail', { host: 'mail.example.net' }), ['password']);
  t.deepEqual(await change('mail', { security: 'none' }), ['password']);
  const elsewhere = { url: 'https://example.net/token-in-path' };
  t.deepEqual(await change('hook', elsewhere), ['signingSecret', 'header Authorization']);
  t.deepEqual(second.lacksOf('hook'), []);

  const other = one(db, new SealedKeeper(`another-${key}`));
  await other.refresh();
  t.deepEqual(other.lacksOf('mail'), ['password']);
  t.regex(other.problemOf('mail') ?? '', /another key/);
  await without.refresh();
  t.regex(without.problemOf('hook') ?? '', /the configuration has no "database\.secretKey"/);
  t.is(first.problemOf('hook'), undefined);
});

test('a relay that lacks the secrets leaves the messages of a way to one that has them', async (t) => {
  const { db, again } = await postgres.open(t);
  const key = 'a-key-of-at-least-thirty-two-characters';
  const relay = (at: NotificationDb, keeper: SealedKeeper) =>
    notificationRig(t, { db: at, ways: [], isShared: true, keeper });
  const able = relay(db, new SealedKeeper(key));
  const unable = relay(await again(), new SealedKeeper(undefined));
  await able.definitions.addWay(HOOK);
  await unable.definitions.refresh();
  await able.add('hook');
  await unable.send();
  const attempts = async () => (await able.deliveries()).map((row) => row.attempts);
  t.deepEqual(await attempts(), [0]);
  await able.send();
  t.deepEqual(await attempts(), [1]);
});
