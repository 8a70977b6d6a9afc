import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { originalKey } from '../images/image-keys.js';
import { programVersion } from '../runtime/program-version.js';
import { openReadOnly } from '../store/read-only.js';
import {
  type BackupHeader,
  type BackupPlan,
  DATA_PREFIX,
  FORMAT,
  HEADER_NAME,
  IMAGES_FOLDER,
  isLeftOut,
  MANIFEST_NAME,
} from './backup-plan.js';
import { BLOCK, headerOf, paddingOf } from './tar-format.js';

export interface Archived {
  plan: BackupPlan;
  /** The prepared copy of the database, and its migrations. */
  snapshot: string;
  migrations: string[];
  images: boolean;
  now: number;
}

/** What an archive came to hold. */
export interface ArchiveSummary {
  files: number;
  bytes: number;
  /** Links and other things that are no files, which are left out. */
  skipped: string[];
}

const READ_BYTES = 262_144;
const IMAGES_AT_ONCE = 500;
/** Deeper folders than this are none of Siteglass's. */
const MAX_DEPTH = 8;

/**
 * The bytes of an archive, made while they are read. The files beside the database come first, so that the place in a
 * watched folder is not ahead of the database; then the database; then the images that it names.
 */
export async function* archive(
  parts: Archived,
  summary: ArchiveSummary = { files: 0, bytes: 0, skipped: [] },
): AsyncGenerator<Buffer> {
  const { snapshot } = parts;
  // In a file, since its length must be known before it is written, and there may be a million images.
  const manifestFile = `${snapshot}.sha256`;
  await rm(manifestFile, { force: true });
  const manifest = await open(manifestFile, 'wx', 0o600);
  try {
    const header = Buffer.from(`${JSON.stringify(headerFor(parts), null, 2)}\n`);
    yield* whole(HEADER_NAME, header);
    const sum = createHash('sha256').update(header).digest('hex');
    await manifest.write(lineOf(HEADER_NAME, sum));
    for await (const { path, file } of filesOf(parts, summary.skipped)) {
      const sum = yield* fileOf(path, file, summary);
      if (sum) await manifest.write(lineOf(path, sum));
    }
  } finally {
    await manifest.close();
  }
  yield* fileOf(MANIFEST_NAME, manifestFile, { ...summary });
  yield Buffer.alloc(2 * BLOCK);
}

/** As `sha256sum` prints it. */
export const lineOf = (path: string, sha256: string): string => `${sha256}  ${path}\n`;

async function* filesOf({ plan, snapshot, images }: Archived, skipped: string[]) {
  const at = (path: string) => ({ path: DATA_PREFIX + path, file: join(plan.dataFolder, path) });
  for await (const path of filesIn(plan, skipped)) yield at(path);
  yield { path: DATA_PREFIX + plan.database, file: snapshot };
  if (images) for (const key of originalsOf(snapshot)) yield at(`${IMAGES_FOLDER}/${key}`);
}

function headerFor({ plan, migrations, images, now }: Archived): BackupHeader {
  const { program, label } = plan;
  const createdAt = new Date(now).toISOString();
  const version = programVersion();
  return { format: FORMAT, program, version, label, createdAt, migrations, images };
}

function* whole(path: string, content: Buffer): Generator<Buffer> {
  yield headerOf({ path, bytes: content.length });
  yield content;
  yield Buffer.alloc(paddingOf(content.length));
}

/** A file's header and content. Returns its SHA-256; undefined if it is gone. */
async function* fileOf(
  path: string,
  file: string,
  summary: ArchiveSummary,
): AsyncGenerator<Buffer, string | undefined> {
  const handle = await openIfPresent(file);
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    yield headerOf({ path, bytes: size });
    const hash = createHash('sha256');
    for (let at = 0; at < size; ) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      at += bytesRead;
      yield part;
    }
    yield Buffer.alloc(paddingOf(size));
    summary.files++;
    summary.bytes += size;
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

async function openIfPresent(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    // Retention removes images while a backup is made.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The paths of all files in the data folder that belong to a backup, besides the database and the images. */
async function* filesIn(
  { dataFolder, database }: Pick<BackupPlan, 'dataFolder' | 'database'>,
  skipped: string[],
  below = '',
  depth = 0,
): AsyncGenerator<string> {
  const entries = await readdir(join(dataFolder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below + entry.name;
    const isOwn = depth === 0 && [database, IMAGES_FOLDER].includes(entry.name);
    if (isOwn || (depth === 0 && isLeftOut(entry.name, database))) continue;
    if (entry.isFile() && isPlain(entry.name)) yield path;
    else if (entry.isDirectory() && depth < MAX_DEPTH)
      yield* filesIn({ dataFolder, database }, skipped, `${path}/`, depth + 1);
    else skipped.push(path);
  }
}

/** Whether a name fits in one line of the manifest. */
const isPlain = (name: string): boolean => !/[\p{Cc}\\]/u.test(name);

/** The keys of the original images that a database names, in order. */
function* originalsOf(snapshot: string): Generator<string> {
  for (let after = ''; ; ) {
    const page = originalsAfter(snapshot, after);
    yield* page.map(originalKey);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

function originalsAfter(snapshot: string, after: string): string[] {
  const sqlite = openReadOnly(snapshot);
  try {
    return sqlite
      .prepare<[string, number], string>(
        'select sha256 from blob where sha256 > ? order by sha256 limit ?',
      )
      .pluck()
      .all(after, IMAGES_AT_ONCE);
  } finally {
    sqlite.close();
  }
}
