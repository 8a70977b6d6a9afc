import type { PageSource } from './page-source.js';
import { readVarint } from './record.js';

/** Kinds of b-tree pages, by their first byte. */
const KINDS = {
  2: { isTable: false, isLeaf: false },
  5: { isTable: true, isLeaf: false },
  10: { isTable: false, isLeaf: true },
  13: { isTable: true, isLeaf: true },
} as const;

const FIRST_PAGE_HEADER_BYTES = 100;
/** No row of this program is larger. */
const MAX_PAYLOAD_BYTES = 64 * 2 ** 20;

/** A page of a b-tree whose header and cell pointers are plausible. */
export interface BtreePage {
  isTable: boolean;
  isLeaf: boolean;
  /** Where the cells begin; those that point outside the page are left out. */
  cells: number[];
  /** Cells that point outside the page. */
  badCells: number;
  /** Pages below an interior page, in order. */
  children: number[];
  bytes: Buffer;
}

/** One row of a table, or one entry of an index (without a rowid). */
export interface Cell {
  rowid: number | undefined;
  payload: Buffer;
}

/** The page as part of a b-tree; undefined if it is none. */
export function readBtreePage(bytes: Buffer, number: number): BtreePage | undefined {
  const start = number === 1 ? FIRST_PAGE_HEADER_BYTES : 0;
  const kind = KINDS[bytes[start] as keyof typeof KINDS];
  if (!kind) return undefined;
  const count = bytes.readUInt16BE(start + 3);
  const pointersAt = start + (kind.isLeaf ? 8 : 12);
  const contentAt = pointersAt + 2 * count;
  if (contentAt > bytes.length) return undefined;
  const pointers = Array.from({ length: count }, (_, i) => bytes.readUInt16BE(pointersAt + 2 * i));
  const cells = pointers.filter((at) => at >= contentAt && at <= bytes.length - 4);
  const children = kind.isLeaf
    ? []
    : [...cells.map((at) => bytes.readUInt32BE(at)), bytes.readUInt32BE(start + 8)];
  return { ...kind, cells, badCells: count - cells.length, children, bytes };
}

/** The content of a cell, with what continues on overflow pages; undefined if a part is damaged. */
export function readCell(
  source: PageSource,
  { isTable, isLeaf, bytes }: BtreePage,
  at: number,
): Cell | undefined {
  const size = readVarint(bytes, isLeaf ? at : at + 4);
  if (!size || size[0] > MAX_PAYLOAD_BYTES) return undefined;
  const [payloadBytes] = size;
  const key = isTable ? readVarint(bytes, size[1]) : ([undefined, size[1]] as const);
  if (!key) return undefined;
  const [rowid, payloadAt] = key;
  const local = localBytes(payloadBytes, source.header.usableBytes, isTable);
  if (payloadAt + local > bytes.length) return undefined;
  const first = bytes.subarray(payloadAt, payloadAt + local);
  if (local === payloadBytes) return { rowid, payload: first };
  if (payloadAt + local + 4 > bytes.length) return undefined;
  const next = bytes.readUInt32BE(payloadAt + local);
  const payload = withOverflow(source, first, next, payloadBytes);
  return payload && { rowid, payload };
}

/** Bytes of a payload that lie in the cell itself (https://www.sqlite.org/fileformat2.html, section 1.6). */
function localBytes(payload: number, usable: number, isTable: boolean): number {
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (payload <= most) return payload;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const rest = least + ((payload - least) % (usable - 4));
  return rest <= most ? rest : least;
}

function withOverflow(
  source: PageSource,
  first: Buffer,
  firstPage: number,
  total: number,
): Buffer | undefined {
  const { usableBytes } = source.header;
  const parts = [first];
  let missing = total - first.length;
  for (let next = firstPage; missing > 0; ) {
    const page = source.page(next);
    if (!page) return undefined;
    const part = page.subarray(4, Math.min(usableBytes, 4 + missing));
    parts.push(part);
    missing -= part.length;
    next = page.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}
