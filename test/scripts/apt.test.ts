import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { aptGet } from '../../scripts/lib/apt.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Takes a lock as apt and dpkg do, until it is killed. */
const HOLDER = `
import fcntl, sys, time
file = open(sys.argv[1], 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(120)
`;

/** Debian's apt-get with folders of its own: it needs no root and changes nothing of this system. */
async function setUp(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const lists = join(folder, 'lists');
  const archives = join(folder, 'archives');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const settings = [
    `Dir::State "${folder}";`,
    `Dir::State::lists "${lists}";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}";`,
    `Dir::Cache::archives "${archives}";`,
    `Dir::Etc "${folder}";`,
    `Dir::Log "${folder}";`,
  ];
  await writeFile(join(folder, 'apt.conf'), settings.join('\n'));
  const log = join(folder, 'log');
  const printed: string[] = [];
  const options = {
    log,
    env: { APT_CONFIG: join(folder, 'apt.conf') },
    failure: 'apt-get fails',
    print: (line: string) => printed.push(line),
    retryMs: 50,
  };
  const hold = async (file: string) => {
    const child = spawn('python3', ['-c', HOLDER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill());
    await once(createInterface({ input: child.stdout }), 'line');
    return child;
  };
  return { options, printed, hold, log, folder, lists, archives };
}

test('while another program has the lock of the lists, apt-get waits; one line says who has it', async (t) => {
  const { options, printed, hold, lists } = await setUp(t);
  const lock = join(lists, 'lock');
  const holder = await hold(lock);
  const print = (line: string) => {
    options.print(line);
    setTimeout(() => holder.kill(), 500);
  };
  await aptGet(['update'], { ...options, print });
  t.deepEqual(printed, [`  python3 (process ${holder.pid}) has the lock ${lock}; waiting for it.`]);
});

test('the wait for a lock has an end, which names the program that has it', async (t) => {
  const { options, hold, lists } = await setUp(t);
  const lock = join(lists, 'lock');
  const { pid } = await hold(lock);
  await t.throwsAsync(() => aptGet(['update'], { ...options, waitMs: 200 }), {
    message: `python3 (process ${pid}) has the lock ${lock}, and does not end; try again later.`,
  });
});

test('a wait for a lock ends when the set-up is stopped', async (t) => {
  const { options, hold, lists } = await setUp(t);
  await hold(join(lists, 'lock'));
  const stopping = new AbortController();
  const print = () => void setTimeout(() => stopping.abort(), 100);
  const waiting = aptGet(['update'], { ...options, print, stop: stopping.signal });
  await t.throwsAsync(() => waiting, { name: 'AbortError' });
});

/** A folder for the path, whose apt-get fails with these lines until the last one, then succeeds. */
async function failingApt(folder: string, failures: string[]): Promise<string> {
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const cases = failures.map((text, i) => `${i}) echo "${text}" >&2; exit 100 ;;`);
  const script = `#!/bin/sh
    n=$(cat ${folder}/calls 2>/dev/null || echo 0)
    echo $((n + 1)) >${folder}/calls
    case $n in ${cases.join('\n')} esac
    echo "$LC_ALL $*" >${folder}/done`;
  await writeFile(join(programs, 'apt-get'), script, { mode: 0o755 });
  return `${programs}:${process.env.PATH}`;
}

test('it waits for each lock of apt and dpkg, and says so again if another program gets it', async (t) => {
  const { options, printed, folder } = await setUp(t);
  const PATH = await failingApt(folder, [
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (unattended-upgr)',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (unattended-upgr)',
    'E: Could not get lock /var/cache/apt/archives/lock. It is held by process 43',
    'E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)',
    'dpkg: error: dpkg frontend lock was locked by another process with pid 44',
  ]);
  await aptGet(['install', 'make'], { ...options, env: { PATH } });
  t.deepEqual(printed, [
    '  unattended-upgr (process 42) has the lock /var/lib/dpkg/lock-frontend; waiting for it.',
    '  Process 43 has the lock /var/cache/apt/archives/lock; waiting for it.',
    '  A program has the lock /var/lib/apt/lists/lock; waiting for it.',
    '  Process 44 has the dpkg frontend lock; waiting for it.',
  ]);
  t.is(await readFile(join(folder, 'done'), 'utf8'), 'C install make\n');
});

test('any other failure of apt-get ends at once with its reason and the log', async (t) => {
  const { options, printed, folder, log } = await setUp(t);
  const PATH = await failingApt(folder, ['E: Unable to locate package make']);
  await t.throwsAsync(() => aptGet(['install', 'make'], { ...options, env: { PATH } }), {
    message: `apt-get fails: E: Unable to locate package make (full output: ${log})`,
  });
  t.deepEqual(printed, []);
});
