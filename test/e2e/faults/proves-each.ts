import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { TestFn } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { withPostgres } from '../../support/relay-databases.js';
import { canMount } from '../../support/small-disk.js';
import { failureReport, tableRow } from './report.js';
import { runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';

/** A test for each scenario, with short times; all of a file run at once, since they mostly wait. */
export function provesEach(test: TestFn, scenarios: Scenario[]): void {
  const newDatabase = withPostgres(test);
  for (const scenario of scenarios)
    test(`nothing is lost or doubled when ${scenario.what}${substitute(scenario)}`, async (t) => {
      const seed = randomInt(2 ** 31);
      const folder = join(projectRoot(), 'var', 'faults', `${scenario.name}-${seed}`);
      const outcome = await runScenario(scenario, { folder, seed, pace: 'quick', newDatabase });
      t.log(tableRow(outcome));
      t.true(outcome.passed, failureReport(outcome));
    });
}

/** The title shows what replaces the small disk if this process may not mount one. */
const substitute = ({ smallDisk }: Scenario): string =>
  smallDisk && !canMount() ? ' (a page limit instead: no right to mount a file system)' : '';
