import { serviceCheck } from '../../core/doctor/service-check.js';
import type { CommandOutcome } from '../../core/runtime/command-line.js';
import type { EdgeConfig } from '../config.js';

/** Whether the service runs and accepts work, for scripts: the exit code is 0 or 1. */
export async function readyCommand(config: EdgeConfig): Promise<CommandOutcome> {
  const verdicts = [await serviceCheck('siteglass-edge', config).run()].flat();
  const text = verdicts.map((verdict) => verdict.text).join('; ');
  return { text, code: verdicts.every(({ state }) => state === 'ok') ? 0 : 1 };
}
