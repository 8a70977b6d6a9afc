import type { Outcome } from './run-scenario.js';

const WIDTHS = [28, 10, 6, 12, 18];

const line = (cells: string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(28) : cell.padStart(WIDTHS[i] ?? 0))).join('');

export const tableHead = (): string =>
  line(['scenario', 'produced', 'lost', 'duplicated', 'seconds to drain']);

export function tableRow(outcome: Outcome): string {
  const { scenario, produced, lost, doubled, drainSeconds, passed } = outcome;
  const drained = Number.isNaN(drainSeconds) ? 'never' : drainSeconds.toFixed(1);
  const row = line([scenario, `${produced}`, `${lost}`, `${doubled}`, drained]);
  return passed ? row : `${row}  FAILED`;
}

const MOST_PROBLEMS = 10;

/** What to look at, and how to run it again. */
export function failureReport({ scenario, seed, problems, folder }: Outcome): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map((problem) => `  - ${problem}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`  … and ${more} more`);
  return [`${scenario} failed; seed ${seed}; logs and databases: ${folder}`, ...lines].join('\n');
}

export function totals(outcomes: Outcome[]): string {
  const total = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
  return [
    `${outcomes.length} scenarios, ${total(({ passed }) => (passed ? 0 : 1))} failed`,
    `${total(({ produced }) => produced)} produced`,
    `${total(({ lost }) => lost)} lost`,
    `${total(({ doubled }) => doubled)} duplicated`,
  ].join(', ');
}

/** 0 only where something ran, and all of it passed. */
export const exitCode = (outcomes: Outcome[]): number =>
  outcomes.length > 0 && outcomes.every(({ passed }) => passed) ? 0 : 1;
