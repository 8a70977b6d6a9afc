import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { benchNames, benchPackages } from '../../scripts/lib/benches.mjs';
import { projectCopy, runScript } from './run-script.js';

/** The packages of the servers that a bench starts, by the function that starts each. */
const SERVERS = { startMosquitto: 'mosquitto', startPostgres: 'postgresql' };

test('each bench names the Debian packages of the servers that it starts', (t) => {
  const names = benchNames(projectRoot());
  t.true(names.includes('ingest'));
  for (const name of names) {
    const text = readFileSync(join(projectRoot(), 'bench', `${name}.ts`), 'utf8');
    const needed = Object.entries(SERVERS).filter(([start]) => text.includes(`${start}(`));
    t.deepEqual(
      benchPackages(projectRoot(), name).toSorted(),
      needed.map(([, debian]) => debian).toSorted(),
      name,
    );
  }
});

test('a bench whose packages are missing and cannot be installed names them in one line', async (t) => {
  const folder = await projectCopy(t, {
    'bench/load.ts': '// Debian packages: mosquitto\nconsole.log("measured");\n',
  });
  const outcome = await runScript(folder, 'bench.mjs', ['load'], { PATH: folder });
  t.is(outcome.code, 1);
  t.regex(outcome.stderr.trim(), /^This is not a Debian system; .*, mosquitto\.$/);
});

test('a bench is set up, built and run; one that does not exist is refused with the list of all', async (t) => {
  const folder = await projectCopy(t, { 'bench/load.ts': 'console.log("measured");\n' });
  const outcome = await runScript(folder, 'bench.mjs', ['load']);
  t.is(outcome.code, 0, outcome.stderr);
  t.regex(outcome.stdout, /measured\n$/);
  const refused = await runScript(folder, 'bench.mjs', ['lunch']);
  t.is(refused.stderr.trim(), 'There is no bench lunch; choose one of: load');
});
