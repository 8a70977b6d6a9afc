import type { Outcome } from './run-scenario.js';

const COLUMNS = [28, 10, 6, 9, 18];

const line = (cells: string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[0] ?? 0) : cell.padStart(COLUMNS[i] ?? 0)))
    .join('');

export const tableHead = (): string =>
  line(['scenario', 'produced', 'lost', 'doubled', 'seconds to drain']);

export const tableRow = ({
  scenario,
  produced,
  lost,
  doubled,
  drainSeconds,
  passed,
}: Outcome): string =>
  line([
    scenario,
    String(produced),
    String(lost),
    String(doubled),
    Number.isNaN(drainSeconds) ? 'never' : drainSeconds.toFixed(1),
  ]) + (passed ? '' : '  FAILED');

/** What to look at, and how to run it again. */
export const failureReport = ({ scenario, seed, problems, folder }: Outcome): string =>
  [
    `${scenario} failed; seed ${seed}; logs and databases: ${folder}`,
    ...problems.slice(0, 10).map((problem) => `  - ${problem}`),
    ...(problems.length > 10 ? [`  … and ${problems.length - 10} more`] : []),
  ].join('\n');
