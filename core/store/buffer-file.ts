import { Readable } from 'node:stream';
import type { StoredFile } from './file-store.js';

/** Bytes in memory as a file. */
export const bufferFile = (bytes: Buffer): StoredFile => ({
  bytes: bytes.length,
  read: ({ start, end } = { start: 0, end: bytes.length - 1 }) =>
    Readable.from([bytes.subarray(start, end + 1)], { objectMode: false }),
});
