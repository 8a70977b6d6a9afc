import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { accessMigration } from '../../../core/access/access-migration.js';
import type { AccessTables } from '../../../core/access/tables.js';
import { createTokenTable } from '../../../core/access/token-table.js';
import { MAX_TOKENS, Tokens } from '../../../core/access/tokens.js';
import type { Role } from '../../../core/contract/access.js';
import { openDatabase } from '../../../core/store/database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Tokens over a real database, and what they log. */
async function startTokens(t: ExecutionContext, folder: string) {
  const { db, close } = await openDatabase<AccessTables>(join(folder, 'test.db'), {
    '0001_tokens': createTokenTable,
    '0002_access': accessMigration,
  });
  let closed = false;
  const stop = async () => {
    if (!closed) await close();
    closed = true;
  };
  t.teardown(stop);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const file = join(folder, 'admin-token');
  const tokens = new Tokens({ db, firstTokenFile: file, log, clock: Date.now });
  await tokens.start();
  return { tokens, file, stop, printed: () => lines.join('') };
}

/** The owner of a token. */
const owner = (name: string, role: Role, token: string) => ({
  name,
  role,
  kind: 'token' as const,
  credential: `token:${createHash('sha256').update(token).digest('hex')}`,
});

const textOf = (file: string) => readFileSync(file, 'utf8').trim();

test('the first start creates an admin token, keeps it from other users, and logs its file but not the token', async (t) => {
  const folder = await temporaryFolder();
  const first = await startTokens(t, folder);
  const token = textOf(first.file);
  t.regex(token, /^sg_[\w-]{43}$/);
  t.is(statSync(first.file).mode & 0o777, 0o600);
  t.false(first.printed().includes(token));
  t.regex(first.printed(), /first admin token created; to read it: cat .*admin-token"/);
  t.deepEqual(await first.tokens.verify(token), owner('admin', 'admin', token));
  await first.stop();

  const second = await startTokens(t, folder);
  t.is(second.printed(), '');
  t.is(textOf(second.file), token);
  t.deepEqual(await second.tokens.verify(token), owner('admin', 'admin', token));
});

test('two appliances never have the same token', async (t) => {
  const [a, b] = await Promise.all(
    [temporaryFolder(), temporaryFolder()].map(async (folder) => startTokens(t, await folder)),
  );
  t.not(textOf(a?.file ?? ''), textOf(b?.file ?? ''));
});

test('no token is stored in the database', async (t) => {
  const folder = await temporaryFolder();
  const { tokens, file } = await startTokens(t, folder);
  const secrets = [textOf(file), await tokens.create('wall', 'viewer')];
  const stored = readdirSync(folder).filter((name) => name.startsWith('test.db'));
  t.true(stored.length > 0);
  for (const name of stored)
    for (const secret of secrets) t.false(readFileSync(join(folder, name)).includes(secret), name);
});

test('a token has its role, and what is not a token has none', async (t) => {
  const { tokens } = await startTokens(t, await temporaryFolder());
  const token = await tokens.create('wall', 'viewer');
  t.deepEqual(await tokens.verify(token), owner('wall', 'viewer', token));
  for (const guess of ['', 'sg_', token.slice(0, -1), `${token}x`, token.toUpperCase()])
    t.is(await tokens.verify(guess), undefined, guess);
  await t.throwsAsync(tokens.create('wall', 'admin'), { any: true }, 'names are unique');
});

test('an interrupted first start is completed by the next one', async (t) => {
  const folder = await temporaryFolder();
  const file = join(folder, 'admin-token');
  const token = `sg_${'a'.repeat(43)}`;
  writeFileSync(file, `${token}\n`);
  chmodSync(file, 0o644);
  const { tokens } = await startTokens(t, folder);
  t.deepEqual(await tokens.verify(token), owner('admin', 'admin', token));
  t.is(statSync(file).mode & 0o777, 0o600);
});

test('a truncated token file locks nobody out', async (t) => {
  for (const cut of ['', 'sg_abc']) {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'admin-token'), cut);
    const { tokens, file } = await startTokens(t, folder);
    t.regex(textOf(file), /^sg_[\w-]{43}$/);
    t.truthy(await tokens.verify(textOf(file)));
  }
});

test('a first token that was removed does not return, although its file still existed', async (t) => {
  const folder = await temporaryFolder();
  const { tokens, file, stop } = await startTokens(t, folder);
  const leaked = textOf(file);
  await tokens.create('wall', 'viewer');
  t.true(await tokens.remove('wall'));
  t.is(textOf(file), leaked, 'another one’s removal leaves the file');
  await t.throwsAsync(tokens.remove('admin'), { message: /the last administrator/ });
  t.truthy(await tokens.verify(leaked), 'the last administrator stays');
  t.true(await tokens.remove('admin', { force: true }));
  t.false(existsSync(file));
  await stop();

  const next = await startTokens(t, folder);
  t.is(await next.tokens.verify(leaked), undefined);
  t.not(textOf(next.file), leaked);
});

test('as many tokens as one answer lists can be added', async (t) => {
  const { tokens } = await startTokens(t, await temporaryFolder(t));
  const before = (await tokens.list()).length;
  for (let i = before; i < MAX_TOKENS; i++) await tokens.create(`token-${i}`, 'viewer');
  await t.throwsAsync(tokens.create('one-more', 'viewer'), {
    message: `there are ${MAX_TOKENS} tokens; remove one first`,
  });
  t.is((await tokens.list()).length, MAX_TOKENS);
});
