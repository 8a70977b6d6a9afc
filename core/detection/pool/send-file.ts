import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { fileHeader } from '../protocol.js';

const CHUNK_BYTES = 1_048_576;

/** Writes a header and, unless the file is larger than `maxBytes`, its content. Never rejects. */
export async function sendFile(pipe: Writable, path: string, maxBytes: number): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    const found = await file?.stat().catch(() => undefined);
    if (!file || !found?.isFile()) {
      pipe.write(fileHeader(undefined));
      return;
    }
    pipe.write(fileHeader(found.size));
    if (found.size <= maxBytes) await sendContent(pipe, file, found.size);
  } finally {
    await file?.close().catch(() => undefined);
  }
}

/** Exactly so many bytes: zeros if the file has become shorter or no longer reads. Its hash does not match then. */
async function sendContent(pipe: Writable, file: FileHandle, size: number): Promise<void> {
  for (let left = size; left > 0 && pipe.writable; ) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES));
    const read = await file.read(chunk, 0, chunk.length).catch(() => undefined);
    const bytes = read?.bytesRead || chunk.length;
    left -= bytes;
    if (!pipe.write(chunk.subarray(0, bytes))) await drained(pipe);
  }
}

/** Resolves also if the worker ends. */
async function drained(pipe: Writable): Promise<void> {
  // It may have ended before it was written to, and closes only once.
  if (pipe.destroyed) return;
  const done = new AbortController();
  const { signal } = done;
  await Promise.race(['drain', 'close'].map((event) => once(pipe, event, { signal }))).catch(
    () => undefined,
  );
  done.abort();
}
