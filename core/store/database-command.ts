import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../runtime/clock.js';
import type { CommandOptions, CommandOutcome } from '../runtime/command-line.js';
import { StartError } from '../runtime/errors.js';
import { damagedFiles, finishReplacement, takeOwnerOf } from './database-files.js';
import { FolderLock } from './folder-lock.js';
import { type GuardOptions, lossOf } from './guarded-database.js';
import { QuickCheck } from './quick-check.js';
import { markedDamage, repairDatabase } from './repair-database.js';
import { describeRepair, RepairLog } from './repair-log.js';

/** A check of a large database on a slow disk takes minutes. */
const CHECK_MS = 60 * 60_000;

/**
 * `database` or `database check` says whether the database is sound, `database repair` writes what can be read into a
 * new one, and `database accept` ends the reports of past repairs.
 */
export async function databaseCommand(
  options: GuardOptions,
  { words }: Pick<CommandOptions, 'words'>,
): Promise<CommandOutcome> {
  const [word = 'check', ...more] = words;
  if (more.length > 0 || !['check', 'repair', 'accept'].includes(word))
    throw new StartError(`"database ${words.join(' ')}" is unknown; use check, repair or accept`);
  if (word === 'check') return check(options);
  return word === 'repair' ? repair(options) : accept(options);
}

async function check(options: GuardOptions): Promise<CommandOutcome> {
  const { file, program } = options;
  const fault = await faultOf(options);
  const repairs = new RepairLog(file).lines();
  const kept = damagedFiles(file).map((name) => `kept: ${name}`);
  const state =
    fault === undefined
      ? `${file} is sound`
      : `${file} is damaged: ${fault}\nThe next start of ${program} repairs it; so does "${program} database repair" while it is stopped.`;
  return { text: [state, ...repairs, ...kept].join('\n'), code: fault === undefined ? 0 : 1 };
}

async function repair(options: GuardOptions): Promise<CommandOutcome> {
  const { file, plan, clock = systemClock } = options;
  const folder = dirname(file);
  if (!existsSync(folder)) throw new StartError(`the data folder ${folder} does not exist`);
  const lock = new FolderLock(folder).acquire();
  try {
    takeOwnerOf(`${folder}/lock`, folder);
    finishReplacement(file);
    const fault = await faultOf(options);
    if (fault === undefined) return { text: `${file} is sound; nothing was changed`, code: 0 };
    const repaired = await repairDatabase(file, plan, fault, clock());
    const kept = damagedFiles(file).at(-1);
    const lines = [describeRepair(file, repaired), ...(kept ? [`kept: ${kept}`] : [])];
    return { text: lines.join('\n'), code: 0 };
  } finally {
    await lock.stop();
  }
}

function accept({ file }: GuardOptions): CommandOutcome {
  const log = new RepairLog(file);
  const count = log.read().length;
  log.accept();
  return { text: count === 0 ? 'There is no repair to accept.' : 'Accepted.', code: 0 };
}

async function faultOf(options: GuardOptions): Promise<string | undefined> {
  const { file } = options;
  const known = markedDamage(file) ?? lossOf(options);
  if (known !== undefined) return known;
  if (!existsSync(file)) throw new StartError(`${file} does not exist: nothing was recorded yet`);
  const result = await new QuickCheck(file, 'integrity_check').within(CHECK_MS);
  if (typeof result === 'string')
    throw new StartError(`${file} could not be checked: see whether it is readable for this user`);
  return result.fault;
}
