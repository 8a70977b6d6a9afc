import type Sqlite from 'better-sqlite3';
import type { Cell } from './btree-page.js';
import { readRecord, type Value } from './record.js';

interface Column {
  name: string;
  type: 'integer' | 'text' | 'any';
  isNullable: boolean;
  /** A row may be older than the column. */
  isOptional: boolean;
}

/** What the rows of a table look like on a page. */
export interface TableShape {
  name: string;
  /** In the order in which they are stored. */
  columns: Column[];
  /** Its rows lie in a table b-tree, by their rowid; otherwise in an index b-tree. */
  hasRowid: boolean;
  /** The position of the column that is the rowid, which is stored as null. */
  rowidColumn: number | undefined;
}

/** A row with the values of its first columns; those that were added after it was written are absent. */
export interface Row {
  rowid: number | undefined;
  values: Value[];
}

/** Whether a row's content can be that of its table; columns by name. */
export type Plausible = (row: Record<string, Value | undefined>) => boolean;

interface TableInfo {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
}

/** The tables of a database, without SQLite's own and without the migrations. */
export function tableShapes(sqlite: Sqlite.Database): TableShape[] {
  const tables = sqlite
    .prepare<[], { name: string; wr: number }>(
      `select name, wr from pragma_table_list
       where schema = 'main' and type = 'table'
         and name not like 'sqlite!_%' escape '!' and name not like 'kysely!_%' escape '!'
       order by name`,
    )
    .all();
  return tables.map(({ name, wr }) => shapeOf(name, wr === 0, infoOf(sqlite, name)));
}

const infoOf = (sqlite: Sqlite.Database, table: string): TableInfo[] =>
  sqlite
    .prepare<[string], TableInfo>(
      'select name, type, "notnull", dflt_value, pk from pragma_table_info(?)',
    )
    .all(table);

function shapeOf(name: string, hasRowid: boolean, infos: TableInfo[]): TableShape {
  const keys = infos.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const [key] = keys;
  const isRowid = hasRowid && keys.length === 1 && key?.type.toLowerCase() === 'integer';
  const stored = hasRowid ? infos : [...keys, ...infos.filter(({ pk }) => pk === 0)];
  return {
    name,
    hasRowid,
    columns: stored.map((info) => ({
      name: info.name,
      type: typeOf(info.type),
      isNullable: info.notnull === 0,
      isOptional: info.notnull === 0 || info.dflt_value !== null,
    })),
    rowidColumn: isRowid && key ? infos.indexOf(key) : undefined,
  };
}

const TYPES: Record<string, Column['type']> = {
  integer: 'integer',
  bigint: 'integer',
  text: 'text',
};

const typeOf = (declared: string): Column['type'] => TYPES[declared.toLowerCase()] ?? 'any';

/** The row in a cell; undefined if the cell is damaged, or holds a row of another table. */
export function rowOf(shape: TableShape, cell: Cell, isPlausible?: Plausible): Row | undefined {
  const { columns, rowidColumn, hasRowid } = shape;
  const values = readRecord(cell.payload);
  if (!values || values.length === 0 || values.length > columns.length) return undefined;
  if (!columns.slice(values.length).every(({ isOptional }) => isOptional)) return undefined;
  if (hasRowid && !Number.isSafeInteger(cell.rowid)) return undefined;
  if (rowidColumn !== undefined) {
    if (values[rowidColumn] !== null) return undefined;
    values[rowidColumn] = cell.rowid ?? null;
  }
  if (!values.every((value, i) => fits(value, columns[i]))) return undefined;
  const named = () => Object.fromEntries(columns.map(({ name }, i) => [name, values[i]]));
  if (isPlausible && !isPlausible(named())) return undefined;
  return { rowid: cell.rowid, values };
}

function fits(value: Value, column: Column | undefined): boolean {
  if (!column) return false;
  if (value === null) return column.isNullable;
  if (column.type === 'integer') return typeof value === 'number' || typeof value === 'bigint';
  return column.type === 'any' || typeof value === 'string';
}
