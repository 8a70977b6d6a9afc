import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readWal, type WalPages } from './wal.js';

const DEFAULT_PAGE_BYTES = 4_096;
const MAGIC = 'SQLite format 3\0';

/** What the first page says about the file. */
interface FileHeader {
  pageBytes: number;
  /** Bytes of each page that hold content. */
  usableBytes: number;
  /** The first page of the list of free pages; 0 for none. */
  firstFreePage: number;
}

/**
 * The pages of an SQLite database file as far as they can be read, with the committed pages of its write-ahead log.
 * Nothing is opened with SQLite, which refuses a file whose header is damaged (https://www.sqlite.org/fileformat2.html).
 */
export class PageSource {
  readonly #file: number;
  readonly #wal: WalPages | undefined;
  readonly header: FileHeader;
  /** Pages are numbered from 1 to here. */
  readonly count: number;

  constructor(file: string) {
    this.#file = openSync(file, 'r');
    const { size } = fstatSync(this.#file);
    this.#wal = readWal(`${file}-wal`);
    const fallback = this.#wal?.pageBytes ?? DEFAULT_PAGE_BYTES;
    this.header = { pageBytes: fallback, usableBytes: fallback, firstFreePage: 0 };
    const first = this.#wal?.read(1) ?? this.#read(0, Math.min(size, fallback));
    this.header = headerOf(first, fallback);
    const inFile = Math.floor(size / this.header.pageBytes);
    this.count = Math.max(inFile, this.#wal?.pageCount ?? 0);
  }

  /** A page; undefined if it is beyond the end of the file or the disk does not give it. */
  page(number: number): Buffer | undefined {
    if (!Number.isInteger(number) || number < 1 || number > this.count) return undefined;
    const { pageBytes } = this.header;
    return this.#wal?.read(number) ?? this.#read((number - 1) * pageBytes, pageBytes);
  }

  close(): void {
    this.#wal?.close();
    closeSync(this.#file);
  }

  #read(at: number, bytes: number): Buffer | undefined {
    const buffer = Buffer.allocUnsafe(bytes);
    try {
      return readSync(this.#file, buffer, 0, bytes, at) === bytes ? buffer : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Without a header that can be read, the page size is the one that this program's databases have. */
function headerOf(first: Buffer | undefined, fallback: number): FileHeader {
  const unknown = { pageBytes: fallback, usableBytes: fallback, firstFreePage: 0 };
  if (!first || first.length < 100 || first.toString('latin1', 0, 16) !== MAGIC) return unknown;
  const stored = first.readUInt16BE(16);
  const pageBytes = stored === 1 ? 65_536 : stored;
  const isValid = pageBytes >= 512 && (pageBytes & (pageBytes - 1)) === 0;
  if (!isValid) return unknown;
  const reserved = first.readUInt8(20);
  return {
    pageBytes,
    usableBytes: pageBytes - (reserved <= pageBytes - 480 ? reserved : 0),
    firstFreePage: first.readUInt32BE(32),
  };
}
