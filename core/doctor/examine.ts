import { setTimeout as delay } from 'node:timers/promises';
import type { CommandOutcome } from '../runtime/command-line.js';
import { messageOf } from '../runtime/errors.js';
import { type Check, type Finding, failure, type Verdict } from './finding.js';
import { damageOf } from './schema-check.js';

/** Upper bound of every check, whatever timeouts it has itself. */
const TIMEOUT_MS = 60_000;
const EXIT = { ok: 0, failure: 1, warning: 3 };

/** Runs all checks concurrently and returns their findings in order. A check that throws is a finding as well. */
export async function examine(checks: Check[], timeoutMs = TIMEOUT_MS): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const verdicts = [await verdictOf(check, timeoutMs)].flat();
      return verdicts.map((verdict) => ({ about: check.about, ...verdict }));
    }),
  );
  return found.flat();
}

async function verdictOf({ run }: Check, timeoutMs: number): Promise<Verdict | Verdict[]> {
  const done = new AbortController();
  const timeout = delay(timeoutMs, undefined, { signal: done.signal }).then(
    () => failure(`the check took longer than ${timeoutMs / 1000} s`, 'Run the doctor again.'),
    () => [],
  );
  try {
    return await Promise.race([(async () => run())(), timeout]);
  } catch (error) {
    const damage = damageOf(error);
    if (damage) return damage;
    return failure(
      `the check failed: ${messageOf(error)}`,
      'Run the doctor as root or as the user of the service.',
    );
  } finally {
    done.abort();
  }
}

/** The findings as text or as JSON. Exit code 0 if there are no problems, 1 for a failure, 3 for warnings only. */
export function outcomeOf(findings: Finding[], json: boolean): CommandOutcome {
  const count = (state: Finding['state']) => findings.filter((f) => f.state === state).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const worst = failures > 0 ? 'failure' : warnings > 0 ? 'warning' : 'ok';
  const text = json
    ? JSON.stringify({ status: worst, findings })
    : [...findings.flatMap(lines), '', summary(failures, warnings)].join('\n');
  return { text, code: EXIT[worst] };
}

function lines({ about, state, text, advice }: Finding): string[] {
  const line = `${state.padEnd(9)}${about.padEnd(14)}${text}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(23)}→ ${advice}`];
}

function summary(failures: number, warnings: number): string {
  const counted = (count: number, what: string) =>
    count === 1 ? `1 ${what}` : `${count} ${what}s`;
  if (failures + warnings === 0) return 'No problems found.';
  return `${counted(failures, 'failure')}, ${counted(warnings, 'warning')}.`;
}
