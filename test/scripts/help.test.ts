import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { projectCopy, runScript } from './run-script.js';

const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(projectRoot(), 'package.json'), 'utf8'),
);
/** Those that run one of the project's own scripts. */
const own = Object.entries(scripts).filter(([, line]) => /^(exec )?node scripts\//.test(line));

test('--help of every npm script prints its usage and sets up nothing', async (t) => {
  const folder = await projectCopy(t, { 'bench/load.ts': 'export {};\n' });
  t.true(own.length > 15);
  for (const [name, line] of own) {
    const words = line
      .replace(/^exec /, '')
      .split(' ')
      .slice(1);
    for (const flag of ['--help', '-h']) {
      const env = { ...process.env, npm_lifecycle_event: name };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [...words, flag], {
        cwd: folder,
        env,
      });
      if (name !== 'help') t.regex(stdout, /^Usage: npm (run )?[\w:]+/m, name);
      t.notRegex(stdout, /Set-up will/, name);
      t.is(stderr, '', name);
    }
  }
});

test('the usage of npm start lists its options', async (t) => {
  const outcome = await runScript(await projectCopy(t), 'start.mjs', ['--help']);
  t.is(outcome.code, 0);
  t.regex(outcome.stdout, /^Usage: npm start -- \[--edge-port 8080\].* \[--data FOLDER\]\n/);
});

test('the usage of npm run accuracy lists its options', async (t) => {
  const env = { ...process.env, npm_lifecycle_event: 'accuracy' };
  const words = ['scripts/run.mjs', '--for', 'start', 'bench/accuracy.ts', '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    ...{ cwd: await projectCopy(t), env },
  });
  t.regex(stdout, /^Usage: npm run accuracy -- DETECTOR FOLDER .*\[--tiles CxR\].* \[--list\]\n/);
});

test('an option that does not exist is refused with the usage and no stack trace', async (t) => {
  const folder = await projectCopy(t);
  const scripts = ['start', 'dev', 'setup', 'package'].map((name) => [folder, `${name}.mjs`]);
  const programs = ['packaging/verify/verify-packages.js', 'deploy/verify/verify-images.js'];
  const built = programs.map((path) => [projectRoot(), join('..', 'dist', path)]);
  for (const [place = '', script = ''] of [...scripts, ...built]) {
    const outcome = await runScript(place, script, ['--lunch']);
    t.is(outcome.code, 1);
    t.regex(outcome.stderr.trim(), /^Unknown option '--lunch'.*\nUsage: npm .*\[--\w.*$/, script);
  }
});
