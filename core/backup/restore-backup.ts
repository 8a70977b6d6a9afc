import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { messageOf, StartError } from '../runtime/errors.js';
import { QuickCheck } from '../store/quick-check.js';
import { appliedMigrations, openReadOnly } from '../store/read-only.js';
import { lineOf } from './archive.js';
import {
  type BackupHeader,
  type BackupPlan,
  DATA_PREFIX,
  FORMAT,
  HEADER_NAME,
  headerSchema,
  isLeftOut,
  MANIFEST_NAME,
  STAGED,
} from './backup-plan.js';
import { stagedData } from './replace-contents.js';
import { type ReadEntry, readTar } from './tar-reader.js';
import { megabytes } from './write-backup.js';

export interface StagedBackup {
  header: BackupHeader;
  files: number;
  bytes: number;
}

const MAX_HEADER_BYTES = 65_536;
const MAX_FILES = 5_000_000;
const MAX_DEPTH = 12;
/** A check of a large database on a slow disk takes minutes. */
const CHECK_MS = 60 * 60_000;

/**
 * Writes the contents of an archive beside the present data, and checks all of it: each path and each hash, the version
 * and the database. The present data is not touched. Throws StartError; then nothing is staged.
 */
export async function stageBackup(plan: BackupPlan, source: FileHandle): Promise<StagedBackup> {
  const staged = join(plan.dataFolder, STAGED);
  rmSync(staged, { recursive: true, force: true });
  try {
    await checkSize(plan.dataFolder, source);
    mkdirSync(stagedData(plan.dataFolder), { recursive: true, mode: 0o700 });
    const chunks = source.createReadStream({ autoClose: false, highWaterMark: 262_144 });
    const backup = await extract(plan, readTar(chunks));
    await checkManifest(staged);
    await checkDatabase(plan, backup.header);
    // One call for all files: an fsync of each would take an hour on an SD card.
    await promisify(execFile)('sync', ['-f', staged]);
    return backup;
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error instanceof StartError ? error : refused(messageOf(error), error);
  }
}

const refused = (why: string, cause?: unknown): StartError =>
  new StartError(`the archive cannot be restored: ${why}. Nothing was changed.`, { cause });

/** Nothing in an archive is compressed, so its contents cannot be larger than itself. */
async function checkSize(folder: string, source: FileHandle): Promise<void> {
  const found = await source.stat();
  if (!found.isFile()) throw refused('it is not a regular file');
  const { bavail, bsize } = await statfs(folder);
  if (found.size > bavail * bsize)
    throw refused(
      `the disk of ${folder} has ${megabytes(bavail * bsize)} MB free, and the archive needs ${megabytes(found.size)} MB beside the present data`,
    );
}

async function extract(
  plan: BackupPlan,
  entries: AsyncGenerator<ReadEntry>,
): Promise<StagedBackup> {
  const staged = join(plan.dataFolder, STAGED);
  const first = await entries.next().catch((cause: unknown) => {
    throw refused('it is not a Siteglass backup', cause);
  });
  if (first.done || first.value.path !== HEADER_NAME) throw refused('it is not a Siteglass backup');
  const text = await contentOf(first.value);
  const header = readHeader(plan, text);
  const found = await open(join(staged, 'found.sha256'), 'wx', 0o600);
  let files = 0;
  let bytes = 0;
  try {
    await found.write(lineOf(HEADER_NAME, createHash('sha256').update(text).digest('hex')));
    for await (const entry of entries) {
      if (entry.path === MANIFEST_NAME) {
        await writeEntry(join(staged, MANIFEST_NAME), entry);
        if (!(await entries.next()).done) throw refused('something follows its manifest');
        return { header, files, bytes };
      }
      if (++files > MAX_FILES) throw refused(`it has more than ${MAX_FILES} files`);
      const sha256 = await writeEntry(placeOf(plan, entry.path), entry);
      await found.write(lineOf(entry.path, sha256));
      bytes += entry.bytes;
    }
  } finally {
    await found.close();
  }
  throw refused('its manifest is missing, so it is not complete');
}

async function contentOf(entry: ReadEntry): Promise<Buffer> {
  if (entry.bytes > MAX_HEADER_BYTES) throw refused('it is not a Siteglass backup');
  const parts: Buffer[] = [];
  for await (const part of entry.content()) parts.push(part);
  return Buffer.concat(parts);
}

function readHeader(plan: BackupPlan, text: Buffer): BackupHeader {
  let header: BackupHeader;
  try {
    header = headerSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw refused('its header is invalid', cause);
  }
  const { program, version } = header;
  if (program !== plan.program) throw refused(`it is a backup of ${program}, not ${plan.program}`);
  if (header.format !== FORMAT)
    throw refused(
      `it was written by ${program} ${version} in a form that this version cannot read`,
    );
  const foreign = header.migrations.filter((name) => !plan.migrations.includes(name));
  if (foreign.length > 0)
    throw refused(
      `it was written by a newer version, ${version} (its database has ${foreign.join(', ')}); install that version first`,
    );
  return header;
}

/** Where a file of the archive is staged. Throws StartError for a path that no backup has. */
function placeOf({ dataFolder, database }: BackupPlan, path: string): string {
  const names = path.split('/');
  const isOurs =
    path.startsWith(DATA_PREFIX) &&
    names.length <= MAX_DEPTH &&
    names.every((name) => name !== '' && name !== '.' && name !== '..' && name.length <= 255) &&
    !/[\p{Cc}\\]/u.test(path) &&
    !isLeftOut(names[1] ?? '', database);
  if (!isOurs) throw refused(`a backup has no file ${JSON.stringify(path)}`);
  return join(stagedData(dataFolder), ...names.slice(1));
}

/** Writes a file that does not exist yet. Resolves with its SHA-256. */
async function writeEntry(place: string, entry: ReadEntry): Promise<string> {
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
  const handle = await open(place, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST' ? refused(`it has ${entry.path} twice`) : cause;
  });
  const hash = createHash('sha256');
  try {
    for await (const part of entry.content()) {
      hash.update(part);
      await handle.writeFile(part);
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** Compares what was read with the manifest, line by line, whatever their lengths are. */
async function checkManifest(staged: string): Promise<void> {
  const [written, read] = [MANIFEST_NAME, 'found.sha256'].map((name) => sizeOf(join(staged, name)));
  // What is much longer has lines that no backup has, and would fill the memory.
  if ((written ?? 0) > (read ?? 0) + MAX_HEADER_BYTES)
    throw refused('its manifest is too long for its files');
  const [expected, found] = [MANIFEST_NAME, 'found.sha256'].map((name) =>
    createInterface({ input: createReadStream(join(staged, name)) })[Symbol.asyncIterator](),
  );
  for (;;) {
    const [a, b] = [await expected?.next(), await found?.next()];
    if (a?.done && b?.done) return;
    if (a?.value !== b?.value) {
      const path = String(b?.value ?? a?.value)
        .slice(66, 330)
        .replace(/\p{C}/gu, '?');
      throw refused(`the hash of ${path} is not that in its manifest`);
    }
  }
}

const sizeOf = (file: string): number => statSync(file).size;

async function checkDatabase(plan: BackupPlan, header: BackupHeader): Promise<void> {
  const file = join(stagedData(plan.dataFolder), plan.database);
  if (!existsSync(file)) throw refused(`it has no ${plan.database}`);
  const result = await new QuickCheck(file, 'integrity_check').within(CHECK_MS);
  if (typeof result === 'string') throw refused('its database could not be checked');
  if (result.fault !== undefined) throw refused(`its database is damaged: ${result.fault}`);
  const sqlite = openReadOnly(file);
  try {
    const applied = appliedMigrations(sqlite);
    if (applied.length === 0 || applied.join() !== header.migrations.join())
      throw refused('its database has another schema than its header says');
    // Siteglass has none; one could change rows that a later statement of the service does not name.
    const code = sqlite
      .prepare("select name from sqlite_master where type in ('trigger', 'view')")
      .get();
    if (code) throw refused('its database has triggers or views');
  } finally {
    sqlite.close();
  }
}
