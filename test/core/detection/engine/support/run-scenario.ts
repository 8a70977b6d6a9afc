import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { scenarios } from './scenarios.js';

type Name = keyof typeof scenarios;
type Result<N extends Name> = Awaited<ReturnType<(typeof scenarios)[N]>>;

/**
 * Runs a scenario in a process of its own: test files are threads of one process, and OpenCV's addon does not stand
 * being loaded by two of them.
 */
export async function runScenario<N extends Name>(name: N): Promise<Result<N>> {
  const script = new URL('./scenario-process.js', import.meta.url);
  const child = fork(script, [name], { serialization: 'advanced' });
  const failed = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the scenario ${name} ended with ${code ?? signal}`);
  });
  const [result] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return result as Result<N>;
}
