import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { StartError } from '../runtime/errors.js';
import type { BackupPlan } from './backup-plan.js';

/** A copy takes as long as its size needs, so it is made in a process of its own. */
const PROGRAM = fileURLToPath(new URL('./snapshot-process.js', import.meta.url));

export type SnapshotResult = { migrations: string[] } | { error: string };

/**
 * Writes a consistent copy of a database that may be in use (SQLite's VACUUM INTO: one read transaction, while the
 * service goes on). Resolves with its migrations. Throws StartError.
 */
export async function snapshotDatabase(
  from: string,
  to: string,
  prepare: BackupPlan['prepare'],
  signal?: AbortSignal,
): Promise<string[]> {
  const child = spawn(process.execPath, [PROGRAM, from, to, JSON.stringify(prepare)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(signal && { signal, killSignal: 'SIGKILL' as const }),
  });
  const ended = once(child, 'close');
  const [output] = await Promise.all([text(child.stdout), ended]).catch((error: unknown) => {
    throw signal?.aborted ? signal.reason : error;
  });
  const result = parsed(output);
  if ('error' in result) throw new StartError(`${from} cannot be copied: ${result.error}`);
  return result.migrations;
}

function parsed(output: string): SnapshotResult {
  if (output === '') return { error: 'the process that copies it was ended' };
  return JSON.parse(output) as SnapshotResult;
}
