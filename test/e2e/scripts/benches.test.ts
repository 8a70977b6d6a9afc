import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { benchNames, benchPackages, describeBench } from '../../../scripts/lib/benches.mjs';
import { projectCopy, runScript } from '../../scripts/run-script.js';

/** The packages of the programs that a bench starts, by the function that starts each. */
const PROGRAMS = { startMosquitto: 'mosquitto', startPostgres: 'postgresql', openPage: 'chromium' };

test('each bench names the Debian packages of the programs that it starts', (t) => {
  const names = benchNames(projectRoot());
  t.true(names.includes('ingest'));
  for (const name of names) {
    const text = readFileSync(join(projectRoot(), 'bench', `${name}.ts`), 'utf8');
    const needed = Object.entries(PROGRAMS).filter(([start]) => text.includes(`${start}(`));
    t.deepEqual(
      benchPackages(projectRoot(), name).toSorted(),
      needed.map(([, debian]) => debian).toSorted(),
      name,
    );
  }
});

test('each bench says what it measures and which options it takes', (t) => {
  for (const name of benchNames(projectRoot())) {
    const text = readFileSync(join(projectRoot(), 'bench', `${name}.ts`), 'utf8');
    const { about, options } = describeBench(projectRoot(), name);
    t.regex(about, /^[A-Z].{40,}\.$/, name);
    t.false(about.includes('*'), name);
    t.is(options.match(/--/g)?.length, text.match(/type: 'string'/g)?.length, name);
  }
});

test('npm run bench lists the benches with their options', async (t) => {
  const folder = await projectCopy(t, {
    'bench/load.ts':
      "/**\n * How much a thing\n * takes.\n */\nparseArgs({ options: { rounds: { type: 'string', default: '5' }, to: { type: 'string' } } });\n",
  });
  for (const args of [[], ['--help']]) {
    const { code, stdout } = await runScript(folder, 'bench.mjs', args);
    t.is(code, 0);
    t.true(stdout.startsWith('load\n  How much a thing takes.\n  --rounds 5 --to …\n'), stdout);
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

/** A folder for the path, with a Debian that has every package but mosquitto until apt-get installs it. */
async function debianWithoutMosquitto(folder: string): Promise<string> {
  const programs = join(folder, 'programs');
  const installed = join(programs, 'installed');
  await mkdir(programs);
  const script = (name: string, text: string) =>
    writeFile(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await script(
    'dpkg-query',
    `for name; do
       case $name in --version) echo 1.22 ;; -*|*'{'*) continue ;; mosquitto) [ -e ${installed} ] || continue ;; esac
       echo "ii  $name 4.6.0+dfsg-12"
     done`,
  );
  await script('apt-get', `echo "$@" >> ${installed}`);
  await script('sudo', 'exit 1');
  await script('systemctl', 'exit 0');
  return programs;
}

test('a bench lists the Debian package that is missing, then installs it or says how', async (t) => {
  const folder = await projectCopy(t, {
    'bench/load.ts': '// Debian packages: mosquitto\nconsole.log("measured");\n',
  });
  const programs = await debianWithoutMosquitto(folder);
  const PATH = `${programs}:${process.env.PATH}`;
  const outcome = await runScript(folder, 'bench.mjs', ['load'], { PATH });
  t.regex(outcome.stdout, /^Set-up will:\n {2}- install Debian packages with apt-get: mosquitto\n/);
  if (process.getuid?.() === 0) {
    t.regex(outcome.stdout, /✓ Debian packages[\s\S]*measured\n$/);
    t.regex(readFileSync(join(programs, 'installed'), 'utf8'), / mosquitto$/m);
  } else {
    t.regex(outcome.stderr.trim(), /^Debian packages are missing.* apt-get install mosquitto$/);
  }
});
