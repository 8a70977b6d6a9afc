import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { addons } from '../../scripts/lib/addons.mjs';
import { debianPackages, type Purpose, purposes } from '../../scripts/lib/debian-packages.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';
import { projectCopy, runScript } from './run-script.js';

/** What a machine without any of the packages is asked to install. */
async function listOf(t: Parameters<typeof projectCopy>[0], purpose: Purpose): Promise<string[]> {
  const folder = await projectCopy(t);
  const { stderr } = await runScript(folder, 'setup.mjs', ['--for', purpose], { PATH: folder });
  return /try again: (.*)\.$/.exec(stderr.trim())?.[1]?.split(', ') ?? [];
}

test('the demo needs no package of OpenCV and does not compile its addon', async (t) => {
  const names = await listOf(t, 'start');
  t.true(names.includes('libjpeg62-turbo-dev') && names.includes('g++'));
  t.deepEqual(
    names.filter((name) => name.includes('opencv')),
    [],
  );
  const titles = addons({ root: projectRoot(), purpose: 'start' }).map(({ title }) => title);
  t.true(titles.includes('better-sqlite3'));
  t.deepEqual(
    titles.filter((title) => title.includes('opencv')),
    [],
  );
});

test('streams and the engine of OpenCV have a purpose of their own, which tests and arm64 include', async (t) => {
  t.deepEqual(purposes, ['build', 'start', 'opencv', 'test', 'arm64']);
  const opencv = await listOf(t, 'opencv');
  t.true(opencv.includes('libopencv-videoio-dev') && opencv.includes('libopencv-objdetect-dev'));
  t.false(opencv.includes('libopencv-dev'), 'it needs 48 further packages');
  for (const purpose of ['test', 'arm64'] as const) {
    const names = await listOf(t, purpose);
    t.deepEqual(
      opencv.filter((name) => !names.includes(name)),
      [],
    );
  }
  for (const purpose of ['opencv', 'test', 'arm64'] as const)
    t.true(
      addons({ root: projectRoot(), purpose }).some(({ title }) => title.includes('opencv')),
      purpose,
    );
});

test('programs that need neither packages nor addons ask for none', async (t) => {
  t.deepEqual(addons({ root: await temporaryFolder(t), purpose: 'build' }), []);
  for (const step of debianPackages({ purpose: 'build' })) t.is(step.check(), undefined);
});

test('compilers start while the packages of servers are still installed', (t) => {
  const steps = debianPackages({ purpose: 'test', also: ['mosquitto'] });
  t.deepEqual(
    steps.map(({ title }) => title),
    ['Debian packages', 'Debian packages of OpenCV', 'Debian packages of servers and tools'],
  );
  for (const { title, after } of addons({ root: projectRoot(), purpose: 'test' })) {
    t.false(after?.includes('Debian packages of servers and tools'), title);
    t.is(after?.includes('Debian packages of OpenCV'), title.includes('opencv'), title);
  }
  t.deepEqual(
    steps.map(({ after = [] }) => after.length),
    [0, 1, 2],
    'only one apt-get at a time',
  );
});

test('benches and the comparisons with OpenCV install it', (t) => {
  const read = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
  for (const name of ['test:identity', 'test:asan'])
    t.regex(scripts[name] ?? '', / --for opencv /, name);
  t.regex(read('scripts/bench.mjs'), /setUp\('opencv'/);
});
