import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { type ProgramName, type RunningProgram, runProgram } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

/** A clock that programs of a test can be started with, and that the test sets while they run. */
export async function shiftedClock(t: ExecutionContext) {
  const file = join(await temporaryFolder(t), 'offset');
  let offsetMs = 0;
  const setBy = async (ms: number) => {
    offsetMs += ms;
    await writeFile(file, String(offsetMs));
  };
  await setBy(0);
  const fixture = join(projectRoot(), 'dist', 'test', 'fakes', 'shifted-clock.js');
  return {
    /** Sets it ahead, or back if negative. */
    setBy,
    now: () => Date.now() + offsetMs,
    run: (name: ProgramName, args: string[]): RunningProgram =>
      runProgram(t, name, args, {
        NODE_OPTIONS: `--import=${fixture}`,
        SITEGLASS_TEST_CLOCK: file,
      }),
  };
}
