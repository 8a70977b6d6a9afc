import { existsSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { messageOf } from '../runtime/errors.js';
import { isDamage } from '../store/damage.js';
import type { Migrations } from '../store/database.js';
import { type GuardOptions, lossOf } from '../store/guarded-database.js';
import { QuickCheck } from '../store/quick-check.js';
import { appliedMigrations, openReadOnly } from '../store/read-only.js';
import { markedDamage } from '../store/repair-database.js';
import { RepairLog } from '../store/repair-log.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

/** A check of a large database takes longer; then it is not finished. */
const CHECK_MS = 20_000;

export type DatabaseExpectation = Pick<GuardOptions, 'file' | 'traces' | 'program'> & {
  plan: { migrations: Migrations };
};

/** Whether the database file is sound, has a schema that this version knows, and was repaired. */
export const schemaCheck = (expected: DatabaseExpectation): Check => ({
  about: 'database',
  async run() {
    const { file, program } = expected;
    const fault = lossOf(expected) ?? markedDamage(file) ?? (await faultOf(file));
    const repaired = new RepairLog(file)
      .lines()
      .map((line) => warning(line, `Once you have seen this, run: ${program} database accept`));
    if (fault !== undefined) return [damageVerdict(expected, fault), ...repaired];
    return [...schemaOf(expected), ...repaired];
  },
});

const damageVerdict = ({ file, program }: DatabaseExpectation, fault: string): Verdict =>
  failure(
    `${file} is damaged: ${fault}`,
    `The next start keeps what can be read: sudo systemctl restart ${program}. Or stop it and run: ${program} database repair`,
  );

async function faultOf(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  const check = new QuickCheck(file);
  const result = await check.within(CHECK_MS);
  await check.stop();
  return typeof result === 'string' ? undefined : result.fault;
}

function schemaOf({ file, plan: { migrations } }: DatabaseExpectation): Verdict[] {
  if (!existsSync(file)) return [ok(`${file} does not exist yet; the first start creates it`)];
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = openReadOnly(file);
    return [schemaVerdict(file, appliedMigrations(sqlite), migrations)];
  } finally {
    sqlite?.close();
  }
}

/** What a check says that could not read the database; undefined if the reason is another one. */
export const damageOf = (error: unknown): Verdict | undefined =>
  isDamage(error)
    ? failure(
        `the database cannot be read: ${messageOf(error)}`,
        'See the finding about the database.',
      )
    : undefined;

/** The verdict on a database with the given migrations. */
export function schemaVerdict(name: string, applied: string[], migrations: Migrations): Verdict {
  const known = Object.keys(migrations);
  const unknown = applied.filter((migration) => !known.includes(migration));
  if (unknown.length > 0)
    return failure(
      `${name} was written by a newer version (unknown migration ${unknown.join(', ')})`,
      'Install that version, or restore a backup as described in docs/operations.md.',
    );
  const pending = known.length - applied.length;
  const rest = pending > 0 ? `; the next start applies ${pending} more` : '';
  return ok(`schema ${applied.at(-1) ?? 'none'}${rest}`);
}
