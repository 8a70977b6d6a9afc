import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../runtime/errors.js';
import type { CommandOutcome } from '../runtime/program.js';
import { type Check, type Finding, failure, type Verdict } from './finding.js';

/** The longest that a check may take, whatever bounds it has of its own. */
const PATIENCE_MS = 60_000;
const EXIT = { ok: 0, failure: 1, warning: 3 };

/** Runs checks at the same time; what they found is in their order. One that fails is a finding, too. */
export async function examine(checks: Check[], patienceMs = PATIENCE_MS): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const verdicts = [await verdictOf(check, patienceMs)].flat();
      return verdicts.map((verdict) => ({ about: check.about, ...verdict }));
    }),
  );
  return found.flat();
}

async function verdictOf({ run }: Check, patienceMs: number): Promise<Verdict | Verdict[]> {
  const done = new AbortController();
  const late = delay(patienceMs, undefined, { signal: done.signal }).then(
    () => failure(`it took longer than ${patienceMs / 1000} s`, 'Try once more.'),
    () => [],
  );
  try {
    return await Promise.race([(async () => run())(), late]);
  } catch (error) {
    return failure(
      `it cannot be looked at: ${messageOf(error)}`,
      'Run this as root, or as the service’s user.',
    );
  } finally {
    done.abort();
  }
}

/** As text for people or as JSON. Exit code 0 where nothing is wrong, 1 with a failure, 3 with warnings alone. */
export function outcomeOf(findings: Finding[], json: boolean): CommandOutcome {
  const count = (state: Finding['state']) => findings.filter((f) => f.state === state).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const worst = failures > 0 ? 'failure' : warnings > 0 ? 'warning' : 'ok';
  const text = json
    ? JSON.stringify({ status: worst, findings })
    : [...findings.flatMap(lines), '', verdict(failures, warnings)].join('\n');
  return { text, code: EXIT[worst] };
}

function lines({ about, state, text, advice }: Finding): string[] {
  const line = `${state.padEnd(9)}${about.padEnd(14)}${text}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(23)}→ ${advice}`];
}

function verdict(failures: number, warnings: number): string {
  const told = (count: number, what: string) => (count === 1 ? `1 ${what}` : `${count} ${what}s`);
  if (failures + warnings === 0) return 'Nothing is wrong.';
  return `${told(failures, 'failure')}, ${told(warnings, 'warning')}.`;
}
