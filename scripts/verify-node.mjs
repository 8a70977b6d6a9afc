// Runs the programs and a part of the tests in other releases of Node.js: `npm run verify:node [-- 22 24] [--all]`. Those are
// downloaded from the npm registry; without it, only what was downloaded before is run.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { run } from './lib/command.mjs';
import { showedHelp } from './lib/options.mjs';
import { otherNode } from './lib/other-node.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { showProgress } from './lib/progress.mjs';
import { copyProject } from './lib/project-copy.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { TapSummary } from './lib/tap.mjs';
import { toBuilt } from './lib/test-arguments.mjs';

/** @import { OtherNode } from './lib/other-node.mjs' */

const MAJORS = ['22', '24'];
/** Both programs from start to stop with a detection, the workers and their sandbox, the addons, databases, HTTP and MQTT. */
const TESTS = [
  ...['test/e2e/both-programs.test.ts', 'test/e2e/restart.test.ts', 'test/core/runtime'],
  ...['test/core/detection/pool', 'test/core/detection/worker/draw.test.ts'],
  ...['test/core/detection/worker/model-search.test.ts', 'test/core/detection/decoder'],
  ...['test/core/store', 'test/core/http', 'test/core/access', 'test/core/messaging'],
  ...['test/core/images/image-api.test.ts', 'test/edge/api', 'test/edge/store'],
  ...['test/cloud-relay/api', 'test/cloud-relay/ingest', 'test/cloud-relay/fleet'],
];
const SET_UP_DEADLINE_MS = 20 * 60_000;
const TESTS_DEADLINE_MS = 20 * 60_000;

await runMain(async () => {
  const args = process.argv.slice(2);
  if (showedHelp('verify:node', args)) return;
  const options = /** @type {const} */ ({ all: { type: 'boolean', default: false } });
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const majors = positionals.length > 0 ? positionals : MAJORS;
  if (majors.some((major) => !/^\d+$/.test(major)))
    throw new Problem('Name major versions of Node.js: npm run verify:node -- 22 24');
  const results = [];
  for (const major of majors) results.push(await verify(major, values));
  console.log(`\n${results.map(({ text }) => text).join('\n')}`);
  return results.some(({ failed }) => failed) ? 1 : 0;
});

/**
 * @param {string} major
 * @param {{ all: boolean }} options
 */
async function verify(major, { all }) {
  const folder = join(projectRoot, 'var', 'node', major);
  const log = join(projectRoot, 'var', 'node', `${major}.log`);
  mkdirSync(join(projectRoot, 'var', 'node'), { recursive: true });
  rmSync(log, { force: true });
  const node = await showProgress(`looking for Node.js ${major} in the npm registry`, () =>
    otherNode(major, log),
  );
  if (!node)
    return { text: `Node.js ${major}: not run, no registry answered and none is in the cache` };
  await showProgress(`copy of the project for Node.js ${node.version}`, (status) =>
    prepare(node, { folder, log, status, purpose: all ? 'test' : 'start' }),
  );
  const ran = all ? 'all tests' : 'both programs and a part of the tests, without OpenCV';
  const { summary, code } = await runTests(node, folder, all ? [] : TESTS.flatMap(toBuilt));
  return {
    text: `Node.js ${node.version}: ${ran}: ${code === undefined ? 'stopped at the deadline, ' : ''}${summary}`,
    failed: code !== 0,
  };
}

/**
 * @param {OtherNode} node
 * @param {{ folder: string, log: string, status: (text: string) => void, purpose: string }} options
 */
async function prepare(node, { folder, log, status, purpose }) {
  status('copying');
  copyProject(projectRoot, folder);
  await run(programOf(node), ['scripts/setup.mjs', '--for', purpose], {
    cwd: folder,
    env: environmentOf(node),
    log,
    nice: 5,
    timeoutMs: SET_UP_DEADLINE_MS,
    onLine: (line) => status(line.trim()),
    failure: `The project cannot be set up with Node.js ${node.version}`,
  });
}

/**
 * The summary, and ava's exit code; undefined if the deadline passed.
 * @param {OtherNode} node
 * @param {string} folder
 * @param {string[]} tests
 */
async function runTests(node, folder, tests) {
  const ava = join('node_modules', 'ava', 'entrypoints', 'cli.mjs');
  const child = spawn(programOf(node), [ava, '--tap', ...tests], {
    cwd: folder,
    env: { ...process.env, ...environmentOf(node) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const summary = new TapSummary((line) => {
    if (!line.startsWith('  ✓')) console.log(line);
  });
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    child.kill('SIGTERM');
  }, TESTS_DEADLINE_MS);
  await showProgress(`tests in Node.js ${node.version}`, async (status) => {
    for await (const line of createInterface({ input: child.stdout })) {
      summary.read(line);
      status(`${summary.passed} passed, ${summary.failed} failed`);
    }
  });
  const code =
    child.exitCode ??
    (await new Promise((resolve) => child.once('close', (ended) => resolve(ended ?? 1))));
  clearTimeout(deadline);
  return { summary, code: isLate ? undefined : code };
}

/** @param {OtherNode} node */
function programOf({ folder }) {
  return join(folder, 'bin', 'node');
}

/**
 * What the tests and npm start as `node` is this release, too.
 * @param {OtherNode} node
 */
function environmentOf({ folder }) {
  return { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
}
