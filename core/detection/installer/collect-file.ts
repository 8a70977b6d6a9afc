import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ProblemError } from '../../runtime/errors.js';
import { bytesText } from '../models/bytes-text.js';
import { hashOf } from '../models/hash-of.js';
import { requireSpace } from '../models/partial-file.js';
import { MAX_MODEL_BYTES } from '../onnx/read-model.js';

export type DetectorFileKind = 'onnx' | 'xml';

/** A file of unknown origin, on the disk of the data folder. */
export interface CollectedFile {
  path: string;
  /** By its first bytes, whatever its name says. */
  kind: DetectorFileKind;
  sha256: string;
  bytes: number;
  discard(): Promise<void>;
}

const CHECK_EVERY_BYTES = 4 * 1024 ** 2;

/** Puts a file on the disk below `folder`, within limits, and says what it is. Throws ProblemError and DownloadError. */
export async function collectFile(
  content: Readable | { path: string },
  folder: string,
): Promise<CollectedFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = content instanceof Readable ? newPath(folder) : content.path;
  const discard = () => rm(path, { force: true });
  try {
    const handle = await open(path, content instanceof Readable ? 'wx+' : 'r+', 0o600);
    try {
      const sha256 = 'pipe' in content ? await copied(content, handle, folder) : await hashOf(path);
      await handle.sync();
      const { size: bytes } = await handle.stat();
      if (bytes === 0) throw new ProblemError('detector_refused', 'the file is empty');
      return { path, kind: await kindOf(handle), sha256, bytes, discard };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await discard();
    throw error;
  }
}

const newPath = (folder: string): string => join(folder, `${randomUUID()}.given`);

/** The SHA-256 of what was copied. */
async function copied(content: Readable, handle: FileHandle, folder: string): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (bytes - checkedAt >= CHECK_EVERY_BYTES) {
      await requireSpace(folder, chunk.length);
      checkedAt = bytes;
    }
    bytes += chunk.length;
    if (bytes > MAX_MODEL_BYTES)
      throw new ProblemError(
        'too_many_bytes',
        `A detector's file may have ${bytesText(MAX_MODEL_BYTES)}.`,
      );
    await handle.writeFile(chunk);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** XML begins with "<", if need be after a byte order mark. A model is a Protocol Buffers message, whose first byte is never that. */
async function kindOf(handle: FileHandle): Promise<DetectorFileKind> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
  const text = buffer
    .subarray(0, bytesRead)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  return text.trimStart().startsWith('<') ? 'xml' : 'onnx';
}
