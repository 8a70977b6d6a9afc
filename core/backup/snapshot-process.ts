import { rmSync, writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { messageOf } from '../runtime/errors.js';
import { appliedMigrations, openReadOnly } from '../store/read-only.js';
import type { SnapshotResult } from './snapshot.js';

interface Prepared {
  table: string;
  sql: string;
}

/** Copies a database in one read transaction, and prepares the copy. Returns the migrations that it has. */
function copy(from: string, to: string, prepare: Prepared[]): string[] {
  rmSync(to, { force: true });
  // VACUUM INTO accepts an empty file, and the mode of one that it makes is that of the umask.
  writeFileSync(to, '', { mode: 0o600, flag: 'wx' });
  const source = openReadOnly(from);
  try {
    source.prepare('vacuum into ?').run(to);
  } finally {
    source.close();
  }
  const target = new Sqlite(to);
  try {
    const exists = target.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
    for (const { table, sql } of prepare) if (exists.get(table)) target.exec(sql);
    return appliedMigrations(target);
  } finally {
    target.close();
  }
}

function result(): SnapshotResult {
  const [, , from = '', to = '', prepare = '[]'] = process.argv;
  try {
    return { migrations: copy(from, to, JSON.parse(prepare)) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

process.stdout.write(JSON.stringify(result()));
