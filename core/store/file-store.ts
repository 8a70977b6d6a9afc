import type { Readable } from 'node:stream';

export interface StoredFile {
  bytes: number;
  /** A part of the file, `start` and `end` inclusive; the whole file without a range. */
  read(range?: { start: number; end: number }): Readable;
}

/** Files by key, e.g. `originals/ab/abcd…`. A key holds only a-z, 0-9, `/`, `.` and `-`. */
export interface FileStore {
  /** Stores all bytes or none. Storing a key that exists is no error and changes nothing. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<StoredFile | undefined>;
  readWhole(key: string): Promise<Buffer | undefined>;
  /** Removing a missing key is no error. */
  remove(key: string): Promise<void>;
  /** Rejects if files cannot be stored at present. */
  check(): Promise<void>;
}
