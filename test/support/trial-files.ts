import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';

/**
 * Models and photographs for trials, which are not part of the project: `models/` and `samples/` of this folder. Tests that
 * need them are skipped, and say so, where it is absent.
 */
const folder = process.env.SITEGLASS_TRIALS ?? join(projectRoot(), '..', 'shared');

/** The path of a file or folder for trials; undefined if it is not there. */
export function trialFile(...path: string[]): string | undefined {
  const file = join(folder, ...path);
  return existsSync(file) ? file : undefined;
}
