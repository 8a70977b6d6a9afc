import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SecretKeeper } from '../notifications/secret-keeper.js';
import { StoredWays } from '../notifications/stored-ways.js';
import type { NotificationDb, NotificationTables } from '../notifications/tables.js';
import { systemClock } from '../runtime/clock.js';
import { silentLogger } from '../runtime/logger.js';
import { kyselyOver } from '../store/dialect.js';
import { openReadOnly } from '../store/read-only.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

export interface WaySecretsOptions {
  /** Undefined if there is no database yet, or none with notifications. */
  open(): Promise<{ db: NotificationDb; close(): Promise<void> } | undefined>;
  keeper(): SecretKeeper;
  /** Copies of the database from before secrets left it. */
  copies(): string[];
}

/** Whether the secrets of the ways that the API manages are there, and only where they belong. */
export const waySecretsCheck = ({ open, keeper, copies }: WaySecretsOptions): Check => ({
  about: 'secrets of notifications',
  async run() {
    const opened = await open();
    if (!opened) return ok('none');
    try {
      const options = { db: opened.db, keeper: keeper(), wall: systemClock, log: silentLogger() };
      const ways = new StoredWays(options);
      const all = await ways.list();
      const found = [
        ...all.flatMap((way) => missingIn(way.way.id, way.lacks, options.keeper)),
        ...readable(await ways.withTexts(), options.keeper),
        ...(all.length > 0 ? copies().map(copied) : []),
      ];
      return found.length > 0
        ? found
        : ok(`of ${all.length} ${all.length === 1 ? 'way' : 'ways'} of the API`);
    } finally {
      await opened.close();
    }
  },
});

const missingIn = (way: string, lacks: string[], { whyMissing }: SecretKeeper): Verdict[] =>
  lacks.length === 0
    ? []
    : [failure(`${way} lacks ${lacks.join(', ')}, so nothing is sent by it`, whyMissing)];

const readable = (ways: string[], { canKeep }: SecretKeeper): Verdict[] =>
  ways.length === 0
    ? []
    : [
        warning(
          `those of ${ways.join(', ')} are readable in the database and its backups`,
          canKeep
            ? 'The next start of the service moves them.'
            : 'Set database.secretKey to a random text ("openssl rand -base64 32"), the same for each relay, and restart.',
        ),
      ];

const copied = (file: string): Verdict =>
  warning(
    `${file} is from before secrets left the database, and may have some`,
    `Once you do not go back to the version before: sudo rm ${file}`,
  );

/** An SQLite database that a service may be using. */
export async function openNotifications(file: string) {
  if (!existsSync(file)) return undefined;
  const sqlite = openReadOnly(file);
  const exists = sqlite
    .prepare("select 1 from sqlite_master where name = 'notification_definition'")
    .get();
  const db = kyselyOver<NotificationTables>(sqlite);
  if (exists) return { db, close: () => db.destroy() };
  await db.destroy();
  return undefined;
}

const MIGRATION = /^[0-9]{4}[a-z0-9-_]*$/;

/** Copies of `file` from before migrations after `since`, up to the one with which secrets left the database. */
export function copiesWithSecrets(file: string, since: string, until: string): string[] {
  const prefix = `${basename(file)}.before-`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .filter((name) => {
      const migration = name.slice(prefix.length);
      // The folder is the service's, and an administrator may copy the name into a shell.
      return MIGRATION.test(migration) && migration > since && migration <= until;
    })
    .map((name) => join(dirname(file), name));
}
