import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { canMount } from '../../support/small-disk.js';
import { exitCode, failureReport, tableHead, tableRow, totals } from './report.js';
import { type Outcome, runScenario } from './run-scenario.js';
import { scenarios } from './scenarios/all.js';

const USAGE_ERROR = 2;

const { values } = parseArgs({
  options: {
    /** Short times, as in the tests. */
    quick: { type: 'boolean', default: false },
    /** Names of scenarios; repeatable. */
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    /** Repeats with ever new seeds for so long, in place of rounds. */
    hours: { type: 'string' },
  },
});

const stopping = new AbortController();
const outcomes: Outcome[] = [];
let postgres: PostgresServer | undefined;

const newDatabase = (): Promise<string> => {
  postgres ??= startPostgres();
  return postgres.createDatabase();
};

async function runRound(seed: number, isOver: () => boolean): Promise<void> {
  console.log(`\nseed ${seed}\n${tableHead()}`);
  for (const scenario of scenarios) {
    if (values.only.length > 0 && !values.only.includes(scenario.name)) continue;
    if (isOver()) return;
    const folder = join(projectRoot(), 'var', 'faults', `${scenario.name}-${seed}`);
    const pace = values.quick ? 'quick' : 'full';
    if (scenario.smallDisk && !canMount())
      console.log(`${scenario.name}: a page limit instead of a full disk; mounting needs root`);
    const outcome = await runScenario(scenario, { folder, seed, pace, newDatabase });
    outcomes.push(outcome);
    console.log(tableRow(outcome));
    if (!outcome.passed) console.log(failureReport(outcome));
  }
}

async function runRounds(): Promise<void> {
  const until =
    values.hours === undefined ? undefined : Date.now() + Number(values.hours) * 3_600_000;
  const isOver = () => stopping.signal.aborted || (until !== undefined && Date.now() > until);
  const first = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  for (let i = 0; !isOver() && (until || i < Number(values.rounds)); i++) {
    await runRound(first + i, isOver);
    if (i > 0) console.log(`so far: ${totals(outcomes)}`);
  }
}

const unknown = values.only.filter((only) => !scenarios.some(({ name }) => name === only));
if (unknown.length > 0) {
  const names = scenarios.map(({ name }) => name).join(', ');
  console.error(`There is no scenario ${unknown.join(', ')}; there are: ${names}.`);
  process.exitCode = USAGE_ERROR;
} else {
  // The scenario under way is brought to its end, so that no process and no mount stays behind.
  process.once('SIGINT', () => stopping.abort());
  await runRounds();
  postgres?.stop();
  console.log(`\n${totals(outcomes)}`);
  process.exitCode = exitCode(outcomes);
}
