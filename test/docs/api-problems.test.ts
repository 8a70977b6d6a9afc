import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { problemKinds } from '../../core/contract/problem.js';
import { projectRoot } from '../../core/runtime/project-root.js';

test('the table of statuses in docs/api.md has every problem code of the API', (t) => {
  const text = readFileSync(join(projectRoot(), 'docs', 'api.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| \d{3}/.test(line));
  const missing = Object.entries(problemKinds).filter(
    ([code, { status }]) =>
      !rows.some((row) => row.split('|')[1]?.includes(`${status}`) && row.includes(`\`${code}\``)),
  );
  t.deepEqual(missing, []);
});
