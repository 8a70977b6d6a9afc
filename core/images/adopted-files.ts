import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { v7 as uuid } from 'uuid';
import { originalKey } from './image-keys.js';
import { inspectImage } from './inspect.js';
import type { BlobRow, ImageRow } from './tables.js';

/** Headers of images are shorter, except those of JPEGs with long metadata. */
const HEADER_BYTES = 65_536;
/** A start must not wait for long. */
const MAX_MS = 10_000;

/** What the rows of images say whose own are lost. */
export interface Adoption {
  /** The folder of the images. */
  folder: string;
  /** With a camera, the disk budget removes the oldest of them, as it does with any snapshots. */
  camera: string | null;
  /** For uploads that expire. */
  lifetimeMs?: number;
}

/**
 * Writes the rows of original images that have none, so that they count towards the disk budget and are removed for
 * their age. `failure` is stored as the reason that they have no result. Returns how many images got rows, and whether
 * there was time for all of them.
 */
export function adoptFiles(
  sqlite: Sqlite.Database,
  adoption: Adoption,
  failure: string,
  maxMs = MAX_MS,
): { adopted: number; isComplete: boolean } {
  const { folder } = adoption;
  const until = performance.now() + maxMs;
  const hasImage = sqlite.prepare('select 1 from image where sha256 = ?').pluck();
  const hasBlob = sqlite.prepare('select 1 from blob where sha256 = ?').pluck();
  let adopted = 0;
  sqlite.exec('begin');
  try {
    for (const sha256 of originals(folder)) {
      if (performance.now() > until) return { adopted, isComplete: false };
      const isKnown = hasImage.get(sha256) !== undefined;
      if (isKnown && hasBlob.get(sha256) !== undefined) continue;
      const path = join(folder, originalKey(sha256));
      const blob = blobOf(path, sha256);
      if (!blob) continue;
      insert(sqlite, 'blob', blob);
      if (isKnown) continue;
      insert(sqlite, 'image', imageOf(sha256, statSync(path).mtimeMs, adoption, failure));
      adopted++;
    }
    return { adopted, isComplete: true };
  } finally {
    sqlite.exec('commit');
  }
}

function* originals(folder: string): Generator<string> {
  const root = join(folder, 'originals');
  if (!existsSync(root)) return;
  for (const shard of readdirSync(root))
    if (statSync(join(root, shard)).isDirectory())
      for (const name of readdirSync(join(root, shard)))
        if (/^[0-9a-f]{64}$/.test(name)) yield name;
}

/** Undefined if the file is no image that this version knows. */
function blobOf(path: string, sha256: string): BlobRow | undefined {
  try {
    const { mediaType, width, height } = inspectImage(readStart(path), Number.POSITIVE_INFINITY);
    return { sha256, media_type: mediaType, bytes: statSync(path).size, width, height };
  } catch {
    return undefined;
  }
}

function readStart(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEADER_BYTES);
    return buffer.subarray(0, readSync(fd, buffer, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

function imageOf(
  sha256: string,
  mtimeMs: number,
  { camera, lifetimeMs }: Adoption,
  failure: string,
): ImageRow {
  const created_at = Math.floor(mtimeMs);
  return {
    id: uuid({ msecs: created_at }),
    sha256,
    analysis_key: sha256,
    camera,
    created_at,
    expires_at: lifetimeMs === undefined ? null : created_at + lifetimeMs,
    plan: null,
    failure,
  };
}

function insert(sqlite: Sqlite.Database, table: string, row: BlobRow | ImageRow): void {
  const columns = Object.keys(row);
  sqlite
    .prepare(
      `insert or ignore into ${table} (${columns}) values (${columns.map((name) => `@${name}`)})`,
    )
    .run(row);
}
