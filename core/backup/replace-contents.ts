import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, StartError } from '../runtime/errors.js';
import { flush, readIfPresent, writeWhole } from '../store/database-files.js';
import { REPLACEMENT, SET_ASIDE, STAGED } from './backup-plan.js';

/** The new contents of the data folder, until they are put in place. */
export const stagedData = (folder: string): string => join(folder, STAGED, 'data');

/**
 * How far a replacement is. It exists from the time on when the new contents are complete: from then on the replacement
 * is completed, whatever interrupts it; before, what was staged is removed.
 */
const stateSchema = z.object({
  step: z.enum(['set-aside', 'put-in-place', 'clean-up']),
  /** What was at the top of the folder. */
  old: z.array(z.string()),
  /** What is to be there. */
  next: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;

/** For tests: called before each step that an interruption may come between. */
type Before = () => void;
const never: Before = () => undefined;

/**
 * Replaces all that is in a data folder, except the files in `kept` and its lock, by what is staged. The caller holds
 * the folder's lock.
 */
export function replaceContents(folder: string, kept: readonly string[], before = never): void {
  const stays = new Set(['lock', 'lost+found', STAGED, SET_ASIDE, REPLACEMENT, ...kept]);
  const names = (at: string) => (existsSync(at) ? readdirSync(at) : []);
  const old = names(folder).filter((name) => !stays.has(name) && !name.startsWith('lock-'));
  checkMovable(folder, old);
  rmSync(join(folder, SET_ASIDE), { recursive: true, force: true });
  before();
  write(folder, { step: 'set-aside', old, next: names(stagedData(folder)) });
  finishReplacing(folder, before);
}

/**
 * Completes a replacement that was interrupted, or removes what an interrupted one staged. Returns whether there was one
 * to complete. The caller holds the folder's lock.
 */
export function finishReplacing(folder: string, before = never): boolean {
  let state = read(folder);
  if (!state) {
    rmSync(join(folder, STAGED), { recursive: true, force: true });
    return false;
  }
  const aside = join(folder, SET_ASIDE);
  if (state.step === 'set-aside') {
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    move(state.old, folder, aside, before);
    state = write(folder, { ...state, step: 'put-in-place' });
  }
  if (state.step === 'put-in-place') {
    move(state.next, stagedData(folder), folder, before);
    write(folder, { ...state, step: 'clean-up' });
  }
  before();
  rmSync(aside, { recursive: true, force: true });
  before();
  rmSync(join(folder, STAGED), { recursive: true, force: true });
  before();
  rmSync(join(folder, REPLACEMENT));
  flush(folder);
  return true;
}

/** Moves what is still there; what was moved before the interruption is in the other folder. */
function move(names: string[], from: string, to: string, before: Before): void {
  for (const name of names) {
    before();
    if (isPresent(join(from, name))) renameSync(join(from, name), join(to, name));
  }
  flush(to);
  if (existsSync(from)) flush(from);
  before();
}

const isPresent = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** A folder that is mounted cannot be moved, and one in another file system neither. */
function checkMovable(folder: string, names: string[]): void {
  const { dev } = statSync(folder);
  const mounted = names.find((name) => lstatSync(join(folder, name)).dev !== dev);
  if (mounted)
    throw new StartError(
      `${join(folder, mounted)} is mounted from another file system, so that it cannot be replaced; unmount it first`,
    );
}

function read(folder: string): State | undefined {
  const path = join(folder, REPLACEMENT);
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(`${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function write(folder: string, state: State): State {
  writeWhole(join(folder, REPLACEMENT), `${JSON.stringify(state)}\n`);
  return state;
}
