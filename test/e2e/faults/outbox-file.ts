import { existsSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

export interface OutboxSeen {
  epoch: string;
  lastSeq: number;
  ackedSeq: number;
  /** Rows that are not settled. */
  waiting: number;
}

/** Looks into an appliance's database from outside, whether or not the appliance runs. */
export function lookIntoOutbox(file: string): OutboxSeen | undefined {
  return reading(file, (sqlite) => {
    const seen = sqlite
      .prepare(
        `select epoch, last_seq as lastSeq, acked_seq as ackedSeq,
          (select count(*) from outbox) as waiting from outbox_state`,
      )
      .get();
    return seen as OutboxSeen | undefined;
  });
}

/** One column of text; empty where there is no such table yet. */
export const readColumn = (file: string, query: string): string[] =>
  reading(file, (sqlite) => sqlite.prepare(query).pluck().all() as string[]) ?? [];

/** A consistent copy, as docs/operations.md tells to make one. */
export async function copyDatabase(file: string, to: string): Promise<void> {
  const sqlite = new Sqlite(file, { readonly: true });
  await sqlite.backup(to);
  sqlite.close();
}

export function removeDatabase(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

function reading<T>(file: string, read: (sqlite: Sqlite.Database) => T): T | undefined {
  if (!existsSync(file)) return undefined;
  const sqlite = new Sqlite(file, { readonly: true, timeout: 5_000 });
  try {
    return read(sqlite);
  } catch (error) {
    if (/no such table/.test(String(error))) return undefined;
    throw error;
  } finally {
    sqlite.close();
  }
}
