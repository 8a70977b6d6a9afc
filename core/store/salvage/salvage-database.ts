import { rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { Migrator } from 'kysely';
import { StartError } from '../../runtime/errors.js';
import type { Migrations } from '../database.js';
import { kyselyOver } from '../dialect.js';
import { DamagedDatabase, type FoundTable } from './damaged-database.js';
import { type Plausible, type Row, type TableShape, tableShapes } from './table-shape.js';

/** What a program knows of its database, for the case that it is damaged. */
export interface SalvagePlan {
  migrations: Migrations;
  /** By table: tells rows of one table from those of another with the same columns, and content that is damaged. */
  plausible?: Record<string, Plausible>;
  /**
   * Makes the new database consistent: called when all rows that could be read are in it. `losses` names the tables that
   * are not complete; `file` is the database that is repaired. Returns what an operator must know, one line each.
   */
  mend?(
    sqlite: Sqlite.Database,
    losses: readonly TableLoss[],
    file: string,
  ): Promise<string[]> | string[];
}

/** A table that was damaged. */
export interface TableLoss {
  table: string;
  /** Rows in the new database. */
  kept: number;
  /** Rows that could not be read; null if their number is not known. */
  lost: number | null;
}

export interface Salvaged {
  losses: TableLoss[];
  notes: string[];
}

const ROWS_PER_TRANSACTION = 2_000;

/**
 * Writes a new database `to` with all rows that can be read from a damaged one, which the caller flushes to the disk.
 * `file` is not changed; if nothing is left of it, `isGone`, the new database is empty. The schema is that of the damaged
 * database if its migrations can be read, else the newest. Throws StartError if a newer version wrote it.
 */
export async function salvageDatabase(
  file: string,
  to: string,
  plan: SalvagePlan,
  isGone = false,
): Promise<Salvaged> {
  for (const name of [to, `${to}-wal`, `${to}-shm`, `${to}-journal`]) rmSync(name, { force: true });
  const damaged = isGone ? undefined : new DamagedDatabase(file);
  try {
    const applied = (await damaged?.migrations()) ?? [];
    const sqlite = await createDatabase(to, plan.migrations, applied);
    try {
      const found = damaged ? await copyTables(damaged, sqlite, plan) : allLost(sqlite);
      const isNothingLeft = found.length > 0 && found.every(({ kept }) => kept === 0);
      const notes = (await plan.mend?.(sqlite, found, file)) ?? [];
      const losses = withDangling(sqlite, found);
      return { losses: isNothingLeft ? EVERYTHING : losses, notes };
    } finally {
      sqlite.close();
    }
  } finally {
    damaged?.close();
  }
}

const EVERYTHING: TableLoss[] = [{ table: 'every table', kept: 0, lost: null }];

const allLost = (sqlite: Sqlite.Database): TableLoss[] =>
  tableShapes(sqlite).map(({ name }) => ({ table: name, kept: 0, lost: null }));

/** A new database with the schema that the damaged one had. */
async function createDatabase(
  file: string,
  migrations: Migrations,
  applied: string[],
): Promise<Sqlite.Database> {
  const names = Object.keys(migrations);
  const foreign = applied.filter((name) => !names.includes(name));
  if (foreign.length > 0)
    throw new StartError(
      `${file} cannot be made: the damaged database was written by a newer version (it has ${foreign.join(', ')}); install that version`,
    );
  const last = applied.at(-1) ?? names.at(-1);
  const builder = new Sqlite(file);
  const db = kyselyOver<unknown>(builder);
  try {
    builder.pragma('journal_mode = MEMORY');
    builder.pragma('synchronous = OFF');
    if (last !== undefined) {
      const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
      const { error } = await migrator.migrateTo(last);
      if (error) throw error;
    }
  } finally {
    await db.destroy();
  }
  const sqlite = new Sqlite(file);
  // An interrupted build is removed, so nothing but the last flush has to survive a power failure.
  sqlite.pragma('journal_mode = MEMORY');
  sqlite.pragma('synchronous = OFF');
  sqlite.pragma('foreign_keys = OFF');
  return sqlite;
}

async function copyTables(
  damaged: DamagedDatabase,
  sqlite: Sqlite.Database,
  { plausible = {} }: SalvagePlan,
): Promise<TableLoss[]> {
  const sequences = await damaged.sequences();
  const tables = await damaged.find(tableShapes(sqlite), plausible);
  const rejected = new Map<string, number>();
  const read = new Map<string, number>();
  for (const { shape, tree, strays } of tables) {
    const isPlausible = plausible[shape.name];
    const onDamaged = () => rejected.set(shape.name, (rejected.get(shape.name) ?? 0) + 1);
    const insertAll = inserterOfAll(sqlite, shape);
    await insertAll('replace', damaged.rows(shape, tree, isPlausible, onDamaged));
    await insertAll('ignore', damaged.rows(shape, strays, isPlausible, onDamaged));
    if (tree.length + strays.length > 0) read.set(shape.name, countOf(sqlite, shape.name));
  }
  keepSequences(sqlite, sequences);
  return tables.flatMap((table) => {
    const { name } = table.shape;
    const cells = rejected.get(name) ?? 0;
    if (table.damagedPages === 0 && cells === 0) return [];
    const kept = read.get(name) ?? 0;
    return [{ table: name, kept, lost: lostRows(table, kept, cells) }];
  });
}

/** Adds the rows whose parents are lost. */
function withDangling(sqlite: Sqlite.Database, found: TableLoss[]): TableLoss[] {
  const removed = removeDangling(sqlite);
  const losses = new Map(found.map((loss) => [loss.table, loss]));
  for (const [table, count] of removed) {
    const lost = losses.get(table)?.lost;
    losses.set(table, {
      table,
      kept: countOf(sqlite, table),
      lost: lost === null ? null : (lost ?? 0) + count,
    });
  }
  return [...losses.values()];
}

function lostRows(
  { damagedPages, expectedRows }: FoundTable,
  kept: number,
  cells: number,
): number | null {
  if (expectedRows !== undefined) return Math.max(0, expectedRows - kept);
  return damagedPages === 0 ? cells : null;
}

type OnConflict = 'replace' | 'ignore';

/** The first row replaces what a migration inserted. Rows found outside the table's b-tree may be older than those in it. */
function inserterOfAll(sqlite: Sqlite.Database, shape: TableShape) {
  let isFirst = true;
  return async (onConflict: OnConflict, rows: AsyncIterable<Row>): Promise<void> => {
    const insert = inserter(sqlite, shape, onConflict);
    let pending: Row[] = [];
    const write = sqlite.transaction(() => {
      if (isFirst && pending.length > 0) {
        sqlite.exec(`delete from "${shape.name}"`);
        isFirst = false;
      }
      for (const row of pending) insert(row);
      pending = [];
    });
    for await (const row of rows) {
      pending.push(row);
      if (pending.length === ROWS_PER_TRANSACTION) write();
    }
    write();
  };
}

/** One statement for each number of columns: a row that is older than a column gets the column's default. */
function inserter(
  sqlite: Sqlite.Database,
  { name, columns, hasRowid, rowidColumn }: TableShape,
  onConflict: OnConflict,
): (row: Row) => void {
  const statements = new Map<number, Sqlite.Statement>();
  const isSeparate = hasRowid && rowidColumn === undefined;
  const prepare = (count: number) => {
    const names = columns.slice(0, count).map((column) => `"${column.name}"`);
    const all = isSeparate ? ['rowid', ...names] : names;
    const marks = all.map(() => '?').join(', ');
    return sqlite.prepare(
      `insert or ${onConflict} into "${name}" (${all.join(', ')}) values (${marks})`,
    );
  };
  return ({ rowid, values }) => {
    const statement = statements.get(values.length) ?? prepare(values.length);
    statements.set(values.length, statement);
    statement.run(...(isSeparate ? [rowid, ...values] : values));
  };
}

function keepSequences(sqlite: Sqlite.Database, sequences: ReadonlyMap<string, number>): void {
  for (const [table, seq] of sequences) {
    const known = sqlite.prepare('update sqlite_sequence set seq = max(seq, ?) where name = ?');
    if (known.run(seq, table).changes > 0) continue;
    sqlite.prepare('insert into sqlite_sequence (name, seq) values (?, ?)').run(table, seq);
  }
}

interface ForeignKey {
  table: string;
  from: string;
  to: string;
}

/** Removes rows whose parent was lost, until none is left. Returns their number by table. */
function removeDangling(sqlite: Sqlite.Database): Map<string, number> {
  const affected = new Map<string, number>();
  for (let removed = -1; removed !== 0; ) {
    removed = 0;
    for (const { name } of tableShapes(sqlite))
      for (const { table, from, to } of sqlite
        .prepare<[string], ForeignKey>(
          'select "table", "from", "to" from pragma_foreign_key_list(?)',
        )
        .all(name)) {
        const { changes } = sqlite
          .prepare(
            `delete from "${name}" where "${from}" is not null
             and "${from}" not in (select "${to}" from "${table}")`,
          )
          .run();
        if (changes > 0) affected.set(name, (affected.get(name) ?? 0) + changes);
        removed += changes;
      }
  }
  return affected;
}

const countOf = (sqlite: Sqlite.Database, table: string): number =>
  sqlite.prepare<[], number>(`select count(*) from "${table}"`).pluck().get() ?? 0;
