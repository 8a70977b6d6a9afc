import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../../runtime/errors.js';

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
  const committed = new Map<number, number>();
  const open = new Map<number, number>();
  let pageCount = 0;
  const log = readFrames(fd, size, ({ page, at, sizeAfterCommit, isValid }) => {
    if (!isValid) return false;
    open.set(page, at);
    if (sizeAfterCommit === 0) return true;
    pageCount = sizeAfterCommit;
    for (const [number, offset] of open) committed.set(number, offset);
    open.clear();
    return true;
  });
  if (!log || pageCount === 0) return undefined;
  const read = readerOf(fd, committed, log.pageBytes);
  return { pageBytes: log.pageBytes, pageCount, read, close: () => closeSync(fd) };
}

/**
 * What is damaged in a write-ahead log, so that SQLite leaves out transactions that were committed; undefined if nothing
 * is. A power failure may leave one unfinished transaction, which is no damage: each is on the disk before the next
 * begins.
 */
export function walFault(file: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const { size } = fstatSync(fd);
    if (size < HEADER_BYTES) return undefined;
    let isBroken = false;
    let commitsBehind = 0;
    const log = readFrames(fd, size, ({ isValid, isCurrent, sizeAfterCommit }) => {
      isBroken ||= !isValid;
      if (isBroken && isCurrent && sizeAfterCommit > 0) commitsBehind++;
      return commitsBehind < 2;
    });
    if (!log) return isBlank(fd) ? undefined : 'the write-ahead log has no valid header';
    return commitsBehind < 2 ? undefined : 'the write-ahead log has a damaged frame';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : messageOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Space that was taken for the log and not written. */
function isBlank(fd: number): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  readSync(fd, header, 0, HEADER_BYTES, 0);
  return header.every((byte) => byte === 0);
}

interface Frame {
  page: number;
  /** Where its page begins in the file. */
  at: number;
  /** Pages of the database if the frame ends a transaction, else 0. */
  sizeAfterCommit: number;
  /** It has the log's salt; what is left of an earlier use of the file has another. */
  isCurrent: boolean;
  /** Its checksum also continues those of the frames before. */
  isValid: boolean;
}

/** Reads the frames of a log until `onFrame` gives false. Undefined if the log has no valid header. */
function readFrames(
  fd: number,
  size: number,
  onFrame: (frame: Frame) => boolean,
): { pageBytes: number } | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
  const magic = header.readUInt32BE(0);
  const pageBytes = header.readUInt32BE(8);
  const sums = new Checksum((magic & 1) === 1);
  sums.add(header, 0, 24);
  if ((magic & ~1) >>> 0 !== MAGIC || !sums.matches(header, 24)) return undefined;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frame = Buffer.alloc(frameBytes);
  for (let at = HEADER_BYTES; at + frameBytes <= size; at += frameBytes) {
    if (readSync(fd, frame, 0, frameBytes, at) < frameBytes) break;
    const isCurrent = frame.compare(header, 16, 24, 8, 16) === 0;
    sums.add(frame, 0, 8);
    sums.add(frame, FRAME_HEADER_BYTES, frameBytes);
    const goesOn = onFrame({
      page: frame.readUInt32BE(0),
      at: at + FRAME_HEADER_BYTES,
      sizeAfterCommit: frame.readUInt32BE(4),
      isCurrent,
      isValid: isCurrent && sums.matches(frame, 16),
    });
    if (!goesOn) break;
  }
  return { pageBytes };
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
