import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit of the magic number says in which byte order checksums are computed. */
const MAGIC = 0x377f0682;

/** The committed pages of a write-ahead log. */
export interface WalPages {
  pageBytes: number;
  /** Pages of the database after the last commit. */
  pageCount: number;
  read(page: number): Buffer | undefined;
  close(): void;
}

/** The two running sums of section 4.2 of https://www.sqlite.org/fileformat2.html. */
class Checksum {
  #a = 0;
  #b = 0;

  constructor(private readonly isBigEndian: boolean) {}

  add(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 8) {
      const [x, y] = this.isBigEndian
        ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
        : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      this.#a = (this.#a + x + this.#b) >>> 0;
      this.#b = (this.#b + y + this.#a) >>> 0;
    }
  }

  matches(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#a && bytes.readUInt32BE(at + 4) === this.#b;
  }
}

/**
 * Reads which pages a write-ahead log holds, up to the last commit before the first frame that is damaged, as SQLite
 * does. Undefined if there is no log or none of it is valid.
 */
export function readWal(file: string): WalPages | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const pages = index(fd, fstatSync(fd).size);
    if (pages) return pages;
  } catch {
    // A log that cannot be read is no log.
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

function index(fd: number, size: number): WalPages | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
  const magic = header.readUInt32BE(0);
  const pageBytes = header.readUInt32BE(8);
  const sums = new Checksum((magic & 1) === 1);
  sums.add(header, 0, 24);
  if ((magic & ~1) >>> 0 !== MAGIC || !sums.matches(header, 24)) return undefined;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frame = Buffer.alloc(frameBytes);
  const committed = new Map<number, number>();
  const open = new Map<number, number>();
  let pageCount = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= size; at += frameBytes) {
    if (readSync(fd, frame, 0, frameBytes, at) < frameBytes) break;
    if (frame.compare(header, 16, 24, 8, 16) !== 0) break;
    sums.add(frame, 0, 8);
    sums.add(frame, FRAME_HEADER_BYTES, frameBytes);
    if (!sums.matches(frame, 16)) break;
    open.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    const sizeAfterCommit = frame.readUInt32BE(4);
    if (sizeAfterCommit === 0) continue;
    pageCount = sizeAfterCommit;
    for (const [page, offset] of open) committed.set(page, offset);
    open.clear();
  }
  if (pageCount === 0) return undefined;
  return {
    pageBytes,
    pageCount,
    read: readerOf(fd, committed, pageBytes),
    close: () => closeSync(fd),
  };
}

const readerOf =
  (fd: number, offsets: ReadonlyMap<number, number>, pageBytes: number) => (page: number) => {
    const offset = offsets.get(page);
    if (offset === undefined) return undefined;
    const buffer = Buffer.allocUnsafe(pageBytes);
    try {
      return readSync(fd, buffer, 0, pageBytes, offset) === pageBytes ? buffer : undefined;
    } catch {
      return undefined;
    }
  };
