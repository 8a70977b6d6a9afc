import { setImmediate as breathe } from 'node:timers/promises';
import { type BtreePage, type Cell, readBtreePage, readCell } from './btree-page.js';
import { PageSource } from './page-source.js';
import { readRecord } from './record.js';
import { type Plausible, type Row, rowOf, type TableShape } from './table-shape.js';

/** Between two turns of the event loop, in milliseconds. */
const TURN_MS = 20;

interface SchemaEntry {
  type: string;
  name: string;
  table: string;
  root: number;
  sql: string;
}

/** The pages of one b-tree that can be read. */
interface Tree {
  /** Those with rows or entries. */
  pages: number[];
  /** Pages that are missing or damaged; what lies below them is not in `pages`. */
  damaged: number;
}

/** What is found of one table. */
export interface FoundTable {
  shape: TableShape;
  /** In its b-tree, and others whose rows are like those of the table. */
  tree: number[];
  strays: number[];
  /** Pages that are missing or damaged; undefined if the place of the table is not known. */
  damagedPages: number | undefined;
  /** Rows according to the table's indexes; undefined if no index can be read. */
  expectedRows: number | undefined;
}

/**
 * A database file that may be damaged anywhere, read page by page. A table's rows are those on the pages of its b-tree.
 * If a part of the tree is damaged, the pages that belong to no tree and are not free are searched for rows like those
 * of the table, as the `.recover` command of SQLite's shell does.
 */
export class DamagedDatabase {
  readonly #source: PageSource;
  /** Pages that are free or belong to a tree. */
  readonly #taken: Uint8Array;
  #schema: SchemaEntry[] = [];
  #turnEnds = performance.now() + TURN_MS;

  constructor(file: string) {
    this.#source = new PageSource(file);
    this.#taken = new Uint8Array(this.#source.count + 1);
  }

  close(): void {
    this.#source.close();
  }

  /** The names of the migrations that the database has; empty if they cannot be read. */
  async migrations(): Promise<string[]> {
    await this.#readSchema();
    const root = this.#rootOf('table', 'kysely_migration');
    if (root === undefined) return [];
    const { pages } = await this.#walk(root, true);
    const names: string[] = [];
    for await (const { payload } of this.#cells(pages)) {
      const [name] = readRecord(payload) ?? [];
      if (typeof name === 'string') names.push(name);
    }
    return names.sort();
  }

  /** The highest rowid that each table with AUTOINCREMENT ever had. Call it after `migrations`. */
  async sequences(): Promise<Map<string, number>> {
    const root = this.#rootOf('table', 'sqlite_sequence');
    const found = new Map<string, number>();
    if (root === undefined) return found;
    const { pages } = await this.#walk(root, true);
    for await (const { payload } of this.#cells(pages)) {
      const [name, seq] = readRecord(payload) ?? [];
      if (typeof name === 'string' && typeof seq === 'number') found.set(name, seq);
    }
    return found;
  }

  /** Finds the pages of the tables. Call it once, after `migrations`. */
  async find(
    shapes: TableShape[],
    plausible: Record<string, Plausible | undefined>,
  ): Promise<FoundTable[]> {
    this.#takeFreePages();
    await this.#takeOtherTables(shapes);
    const tables: FoundTable[] = [];
    for (const shape of shapes) tables.push(await this.#findTable(shape));
    const incomplete = tables.filter(
      ({ damagedPages, shape }) => damagedPages !== 0 && shape.hasRowid,
    );
    const known = new Set(this.#schema.map(({ root }) => root));
    if (incomplete.length > 0) await this.#findStrays(incomplete, plausible, known);
    return tables;
  }

  /** The rows on the given pages, in the order of the pages. `onDamaged` is called for each that cannot be read. */
  async *rows(
    shape: TableShape,
    pages: number[],
    isPlausible: Plausible | undefined,
    onDamaged: () => void,
  ): AsyncGenerator<Row> {
    for await (const cell of this.#cells(pages, onDamaged)) {
      const row = rowOf(shape, cell, isPlausible);
      if (row) yield row;
      else onDamaged();
    }
  }

  async #readSchema(): Promise<void> {
    const { pages } = await this.#walk(1, true);
    for await (const { payload } of this.#cells(pages)) {
      const [type, name, table, root, sql] = readRecord(payload) ?? [];
      if (typeof type !== 'string' || typeof name !== 'string') continue;
      if (typeof table !== 'string' || typeof root !== 'number') continue;
      this.#schema.push({ type, name, table, root, sql: typeof sql === 'string' ? sql : '' });
    }
  }

  #rootOf(type: string, name: string): number | undefined {
    return this.#schema.find((entry) => entry.type === type && entry.name === name)?.root;
  }

  async #findTable(shape: TableShape): Promise<FoundTable> {
    const root = this.#rootOf('table', shape.name);
    const tree = root === undefined ? undefined : await this.#walk(root, shape.hasRowid);
    return {
      shape,
      tree: tree?.pages ?? [],
      strays: [],
      damagedPages: tree?.damaged,
      expectedRows: await this.#entriesOf(shape.name),
    };
  }

  /** The entries of a table's indexes: the most that one of them has. A partial index has fewer than the table. */
  async #entriesOf(table: string): Promise<number | undefined> {
    let most: number | undefined;
    for (const { type, table: of, root } of this.#schema) {
      if (type !== 'index' || of !== table) continue;
      const { pages, damaged } = await this.#walk(root, false);
      let entries = 0;
      for (const number of pages) entries += this.#page(number)?.cells.length ?? 0;
      const isPartial = this.#isPartial(root);
      if (damaged === 0 && !isPartial) most = Math.max(most ?? 0, entries);
    }
    return most;
  }

  #isPartial(root: number): boolean {
    return /\swhere\s/i.test(this.#schema.find((entry) => entry.root === root)?.sql ?? '');
  }

  async #walk(root: number, isTable: boolean): Promise<Tree> {
    const tree: Tree = { pages: [], damaged: 0 };
    const open = [root];
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      await this.#breathe();
      const page = this.#taken[number] === 0 ? this.#page(number) : undefined;
      const isUsable = page && page.isTable === isTable && (page.isLeaf || page.badCells === 0);
      if (!isUsable) {
        tree.damaged++;
        continue;
      }
      this.#taken[number] = 1;
      if (page.isLeaf || !isTable) tree.pages.push(number);
      open.push(...page.children.reverse());
    }
    return tree;
  }

  /** SQLite's own tables and those of the migrations. */
  async #takeOtherTables(shapes: TableShape[]): Promise<void> {
    const names = new Set(shapes.map(({ name }) => name));
    for (const { type, name, root } of this.#schema)
      if (type === 'table' && !names.has(name)) await this.#walk(root, true);
  }

  /** Pages that SQLite no longer uses may still hold rows that were removed. */
  #takeFreePages(): void {
    for (let trunk = this.#source.header.firstFreePage; trunk > 0; ) {
      const free = this.#taken[trunk] === 0 ? this.#freePagesOf(trunk) : undefined;
      if (!free) return;
      this.#taken[trunk] = 1;
      for (const number of free.pages) this.#taken[number] = 1;
      trunk = free.next;
    }
  }

  /** The same if the beginning of the list is damaged: a page of the list names other pages and nothing else. */
  async #takeLostFreePages(): Promise<void> {
    for (let trunk = 2; trunk <= this.#source.count; trunk++) {
      await this.#breathe();
      const free = this.#taken[trunk] === 0 ? this.#freePagesOf(trunk) : undefined;
      if (!free || free.pages.length === 0) continue;
      this.#taken[trunk] = 1;
      for (const number of free.pages) this.#taken[number] = 1;
    }
  }

  /** What a page of the list of free pages names; undefined if it is no such page. */
  #freePagesOf(trunk: number): { next: number; pages: number[] } | undefined {
    const bytes = this.#source.page(trunk);
    if (!bytes) return undefined;
    const [next, count] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
    if (next > this.#source.count || count > this.#source.header.usableBytes / 4 - 2)
      return undefined;
    const pages = Array.from({ length: count }, (_, i) => bytes.readUInt32BE(8 + 4 * i));
    // Of a file that was cut off, some are beyond its end.
    const areFree = pages.every((number) => number > 1 && this.#taken[number] !== 1);
    return areFree && new Set(pages).size === count ? { next, pages } : undefined;
  }

  /** Gives each page of rows that belongs to no tree to the table whose rows its rows are most like. */
  async #findStrays(
    tables: FoundTable[],
    plausible: Record<string, Plausible | undefined>,
    roots: ReadonlySet<number>,
  ): Promise<void> {
    await this.#takeLostFreePages();
    for (let number = 1; number <= this.#source.count; number++) {
      await this.#breathe();
      if (this.#taken[number] !== 0 || (number === 1 && roots.size > 0)) continue;
      const page = this.#page(number);
      if (!page?.isTable || !page.isLeaf || page.cells.length === 0) continue;
      const cells = page.cells.map((at) => readCell(this.#source, page, at));
      const scores = tables.map(({ shape }) => score(shape, cells, plausible[shape.name]));
      const best = Math.max(...scores);
      if (best * 2 < cells.length || best === 0) continue;
      tables[scores.indexOf(best)]?.strays.push(number);
      this.#taken[number] = 1;
    }
  }

  async *#cells(pages: number[], onDamaged?: () => void): AsyncGenerator<Cell> {
    for (const number of pages) {
      await this.#breathe();
      const page = this.#page(number);
      if (!page) {
        onDamaged?.();
        continue;
      }
      for (let i = 0; i < page.badCells; i++) onDamaged?.();
      for (const at of page.cells) {
        const cell = readCell(this.#source, page, at);
        if (cell) yield cell;
        else onDamaged?.();
      }
    }
  }

  #page(number: number): BtreePage | undefined {
    const bytes = this.#source.page(number);
    return bytes && readBtreePage(bytes, number);
  }

  /** Lets other parts of the process run from time to time. */
  async #breathe(): Promise<void> {
    if (performance.now() < this.#turnEnds) return;
    await breathe();
    this.#turnEnds = performance.now() + TURN_MS;
  }
}

/** How many cells hold a row like those of the table. */
const score = (shape: TableShape, cells: (Cell | undefined)[], isPlausible?: Plausible): number =>
  cells.filter((cell) => cell && rowOf(shape, cell, isPlausible)).length;
