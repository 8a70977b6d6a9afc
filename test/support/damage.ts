import {
  closeSync,
  fsyncSync,
  openSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import Sqlite from 'better-sqlite3';

const PAGE_BYTES = 4_096;

/** Bytes that are the same in each run and mean nothing to SQLite. */
export function noise(bytes: number, seed = 7): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length: bytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state >> 16;
    }),
  );
}

/** Writes over a part of a file. */
export function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  fsyncSync(fd);
  closeSync(fd);
}

/** Writes noise over whole pages. */
export function damagePages(file: string, pages: number[], from = 0): void {
  for (const page of pages)
    overwrite(file, (page - 1) * PAGE_BYTES + from, noise(PAGE_BYTES - from, page));
}

/** The pages of a table or an index, in their order in the tree. */
export function pagesOf(
  file: string,
  name: string,
  type: 'leaf' | 'internal' | 'overflow',
): number[] {
  const sqlite = new Sqlite(file, { readonly: true });
  const pages = sqlite
    .prepare<[string, string], number>(
      'select pageno from dbstat where name = ? and pagetype = ? order by path',
    )
    .pluck()
    .all(name, type);
  sqlite.close();
  return pages;
}

export const zeroHeader = (file: string): void => overwrite(file, 0, Buffer.alloc(100));
export const empty = (file: string): void => truncateSync(file, 0);
export const replaceByText = (file: string): void =>
  writeFileSync(file, 'This is not a database.\n'.repeat(1_000));
export const truncateToHalf = (file: string): void =>
  truncateSync(file, Math.floor(statSync(file).size / 2 / PAGE_BYTES) * PAGE_BYTES);
