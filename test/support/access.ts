import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { accessMigration } from '../../core/access/access-migration.js';
import {
  type AccessModule,
  type AccessOptions,
  createAccess,
} from '../../core/access/create-access.js';
import type { AccessTables } from '../../core/access/tables.js';
import { createTokenTable } from '../../core/access/token-table.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase } from '../../core/store/database.js';
import { temporaryFolder } from './temporary-folder.js';

/** A session of a user, as after a log-in. */
export async function openSession(
  { users, sessions }: Pick<AccessModule, 'users' | 'sessions'>,
  name: string,
): Promise<string> {
  const user = await users.find(name);
  const origin = { address: '192.0.2.7', agent: 'a browser' };
  const secret = user && (await sessions.open(user, origin));
  if (secret === undefined) throw new Error(`there is no user ${name}`);
  return secret;
}

export const HOUR_MS = 3_600_000;
export const GOOD_PASSWORD = 'violet anchor tram 9';

/** Users, sessions and tokens over a real database, with a clock that the test moves. */
export async function startAccess(t: ExecutionContext, options: Partial<AccessOptions> = {}) {
  const folder = await temporaryFolder();
  const { db, close } = await openDatabase<AccessTables>(join(folder, 'test.db'), {
    '0001_tokens': createTokenTable,
    '0002_access': accessMigration,
  });
  const clock = { now: Date.parse('2026-05-04T12:00:00Z') };
  const access = createAccess({
    db,
    mode: 'token',
    sessions: { idleMs: 12 * HOUR_MS, absoluteMs: 30 * 24 * HOUR_MS },
    cookieName: 'siteglass-test',
    firstTokenFile: join(folder, 'admin-token'),
    names: ['harbour'],
    hasCameras: true,
    log: silentLogger(),
    clock: () => clock.now,
    eras: () => [],
    ...options,
  });
  for (const service of access.services) await service.start?.();
  t.teardown(async () => {
    for (const service of [...access.services].reverse()) await service.stop?.();
    await close();
  });
  return { ...access, db, folder, clock };
}
