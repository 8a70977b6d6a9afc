import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { commandActor } from '../access/command-actor.js';
import { recordCommand } from '../access/record-command.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { messageOf, StartError } from '../runtime/errors.js';
import { actAsOwnerOf } from '../runtime/identity/act-as-owner.js';
import { takeOwnerOf } from '../store/database-files.js';
import { FolderLock } from '../store/folder-lock.js';
import type { BackupPlan } from './backup-plan.js';
import { finishReplacing, replaceContents, stagedData } from './replace-contents.js';
import { stageBackup } from './restore-backup.js';
import { megabytes, writeBackup } from './write-backup.js';

type Words = Pick<CommandOptions, 'words'>;

/** `backup FILE`: one archive of the data folder, also while the service runs. */
export async function backupCommand(
  plan: BackupPlan,
  { words, 'no-images': noImages = false }: CommandOptions,
): Promise<string> {
  const path = onlyFile('backup', words);
  const { file, files, bytes, skipped } = await writeBackup(plan, path, {
    images: !noImages,
    signal: endedBySignal(),
  });
  const recorded = await recordCommand(join(plan.dataFolder, plan.database), {
    action: 'backup_made',
    actor: commandActor(),
    subject: file,
  });
  return [
    `${file}: ${files} files, ${megabytes(bytes)} MB${noImages ? ', without images' : ''}`,
    'It holds secrets (tokens, passwords, keys), so only its owner can read it (mode 0600). Keep it so.',
    ...(skipped.length > 0
      ? [`left out, since they are no regular files: ${skipped.join(', ')}`]
      : []),
    ...recorded,
  ].join('\n');
}

/** The parts of an archive hold secrets, so a backup that is ended removes them before the process ends. */
function endedBySignal(): AbortSignal {
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => ended.abort(new Error(`it was ended by ${name}`)));
  return ended.signal;
}

/** `restore FILE`: replaces the data folder's contents by those of an archive, while the service is stopped. */
export async function restoreCommand(plan: BackupPlan, { words }: Words): Promise<string> {
  const path = onlyFile('restore', words);
  const { dataFolder, database, kept, program } = plan;
  const actor = commandActor();
  // As root, before this process becomes the service's user.
  const source = await open(path, 'r').catch((cause: unknown) => {
    throw new StartError(unreadable(path, cause), { cause });
  });
  try {
    actAsOwnerOf(dataFolder);
    return await withFolder(plan, async () => {
      const { header, files, bytes } = await stageBackup(plan, source);
      // Before it is in place, so that no restore that was interrupted and completed is missing in the audit log.
      const recorded = await recordCommand(join(stagedData(dataFolder), database), {
        ...{ action: 'backup_restored', actor, subject: path },
        detail: `${header.label} from ${header.createdAt}`,
      });
      replaceContents(dataFolder, kept);
      return [
        `Restored ${files} files, ${megabytes(bytes)} MB, of ${header.label} from ${header.createdAt}${header.images ? '' : ', without images'}.`,
        ...recorded,
        `Start the service: sudo systemctl start ${program}`,
      ].join('\n');
    });
  } finally {
    await source.close();
  }
}

/** `reset`: removes all data after a confirmation, while the service is stopped. The audit log is part of the data. */
export async function resetCommand(
  plan: BackupPlan,
  { words, yes = false }: CommandOptions,
  stays: string,
): Promise<string> {
  if (words.length > 0) throw new StartError('"reset" takes no further words');
  const { dataFolder, label } = plan;
  if (!existsSync(dataFolder))
    throw new StartError(`${dataFolder} does not exist: nothing to reset`);
  return withFolder(plan, async () => {
    if (!yes) await confirm(dataFolder, label);
    actAsOwnerOf(dataFolder);
    replaceContents(dataFolder, []);
    return `All data in ${dataFolder} was removed. ${stays}`;
  });
}

async function confirm(dataFolder: string, label: string): Promise<void> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await new Promise<string>((resolve) => {
    line.once('close', () => resolve(''));
    const question = `This removes all data in ${dataFolder}: images, results, tokens and keys. Type "${label}" to go on: `;
    void line.question(question).then(resolve, () => resolve(''));
  });
  line.close();
  if (typed.trim() !== label)
    throw new StartError(`nothing was removed: type "${label}", or use --yes`);
}

/** Runs while no service uses the data folder. An earlier replacement that was interrupted is completed first. */
async function withFolder<Value>(
  { dataFolder, program }: BackupPlan,
  work: () => Promise<Value>,
): Promise<Value> {
  let lock: FolderLock;
  try {
    lock = new FolderLock(dataFolder).acquire();
  } catch (error) {
    const advice = `stop the service first: sudo systemctl stop ${program}`;
    throw new StartError(`${messageOf(error)}; ${advice}`, { cause: error });
  }
  try {
    takeOwnerOf(`${dataFolder}/lock`, dataFolder);
    finishReplacing(dataFolder);
    return await work();
  } finally {
    await lock.stop();
  }
}

/** Why an archive cannot be opened, and what to do. */
function unreadable(path: string, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return `there is no archive ${path}; give the file that "backup FILE" wrote, e.g. "restore /var/backups/siteglass.tar"`;
  if (code === 'EACCES') return `the archive ${path} may not be read by this user; use sudo`;
  return `the archive ${path} cannot be read: ${messageOf(cause)}`;
}

function onlyFile(command: string, [file, ...more]: string[]): string {
  if (file === undefined || more.length > 0) throw new StartError(`expected "${command} FILE"`);
  return file;
}
