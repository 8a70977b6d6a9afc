import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { fuzzProgram } from '../support/api-fuzz/fuzz-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SAMPLE = readFileSync(join(projectRoot(), 'samples', '4-two-signs.jpg'));

for (const name of ['edge', 'cloud-relay'] as const)
  test.serial(`${name} answers what its document says, whatever it is asked`, async (t) => {
    t.timeout(300_000);
    const report = await fuzzProgram(t, name, await temporaryFolder(t), {
      calls: 1000,
      seed: 20_261_127,
      image: () => SAMPLE,
    });
    t.deepEqual(report.faults, []);
    t.is(report.calls, 1000);
    t.is(report.restarts, 0);
    // Calls that are all refused would show little.
    t.true(report.succeeded.size >= 15, [...report.succeeded].join(', '));
    for (const status of [200, 400, 401, 403, 404])
      t.true((report.statuses.get(status) ?? 0) > 5, `${status}`);
  });
