import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { type Outcome, runScenario } from './run-scenario.js';
import { scenarios } from './scenarios/all.js';
import { failureReport, tableHead, tableRow } from './table.js';

const { values } = parseArgs({
  options: {
    /** The short set of times, as in the tests. */
    quick: { type: 'boolean', default: false },
    /** Names of scenarios; repeatable. */
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    /** Repeats with ever new seeds for so long, in place of rounds. */
    hours: { type: 'string' },
  },
});
const chosen = scenarios.filter(
  ({ name }) => values.only.length === 0 || values.only.includes(name),
);
const unknown = values.only.filter((only) => !scenarios.some(({ name }) => name === only));
const until = values.hours && Date.now() + Number(values.hours) * 3_600_000;
let postgres: PostgresServer | undefined;
let stopped = false;
const outcomes: Outcome[] = [];

async function round(seed: number): Promise<void> {
  console.log(`\nseed ${seed}\n${tableHead()}`);
  for (const scenario of chosen) {
    if (stopped || (until && Date.now() > until)) return;
    const outcome = await runScenario(scenario, {
      folder: join(projectRoot(), 'var', 'faults', `${scenario.name}-${seed}`),
      seed,
      pace: values.quick ? 'quick' : 'full',
      newDatabase: () => {
        postgres ??= startPostgres();
        return postgres.createDatabase();
      },
    });
    outcomes.push(outcome);
    console.log(tableRow(outcome));
  }
}

function summarise(): void {
  const failures = outcomes.filter(({ passed }) => !passed);
  const total = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
  for (const failure of failures) console.log(`\n${failureReport(failure)}`);
  console.log(
    `\n${outcomes.length} scenarios, ${failures.length} failed; ${total(({ produced }) => produced)} produced, ${total(({ lost }) => lost)} lost, ${total(({ doubled }) => doubled)} doubled`,
  );
  process.exitCode = failures.length > 0 || outcomes.length === 0 ? 1 : 0;
}

if (unknown.length > 0) {
  const names = scenarios.map(({ name }) => name).join(', ');
  console.error(`There is no scenario ${unknown.join(', ')}; there are: ${names}.`);
  process.exitCode = 2;
} else {
  // What runs is brought to its end, so that no process and no mount stays behind.
  process.once('SIGINT', () => {
    stopped = true;
  });
  const first = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  for (let i = 0; !stopped && (until ? Date.now() < until : i < Number(values.rounds)); i++)
    await round(first + i);
  postgres?.stop();
  summarise();
}
