import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { launchProcess } from '../../../../core/runtime/sandbox/launch-process.js';
import type { SandboxState } from '../../../../core/runtime/sandbox/sandbox-state.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import type { Request } from './captive.js';

const ENTRY = new URL('./captive.js', import.meta.url);
/** Beside the program, since a worker cannot read anything else. */
const ADDON = fileURLToPath(new URL('./attempts.node', import.meta.url));
const [EPERM, EACCES, ENOSYS] = [1, 13, 38];

const OF_OTHERS = [
  ...['tcp socket', 'udp socket', 'unix socket', 'netlink socket'],
  ...['ptrace parent', "read parent's memory", 'signal parent', "signal parent's thread"],
  ...['signal group', 'own signals of parent', 'pidfd of parent', 'limits of parent'],
  ...['priority of parent', 'exec', 'fork'],
];
const OF_FILES = ['read file', 'write file', 'truncate file', 'chmod file'];
/** Whether these succeed outside depends on the machine and the user. */
const OF_THE_KERNEL = ['signal everyone', 'clone3', 'namespace', 'mount', 'io_uring', 'bpf', 'key'];

test.before(() => {
  const include = join(dirname(dirname(process.execPath)), 'include', 'node');
  const source = join(projectRoot(), 'test/core/runtime/sandbox/attempts.c');
  execFileSync('cc', ['-shared', '-fPIC', '-w', `-I${include}`, '-o', ADDON, source]);
});

/** A process that is started as a worker is; `isFree` leaves it as it is then. */
async function captive(t: ExecutionContext, { isFree = false } = {}) {
  const child = launchProcess(ENTRY, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    environment: { LANG: 'C.UTF-8' },
    flags: [],
  });
  const ask = asking(t, child);
  const state = await ask<SandboxState>({ addon: ADDON, isFree });
  return { ask, state, pid: child.pid ?? 0 };
}

function asking(t: ExecutionContext, child: ChildProcess) {
  t.teardown(() => child.kill('SIGKILL'));
  return async <T>(request: Request): Promise<T> => {
    child.send(request);
    const [answer] = await once(child, 'message');
    return answer;
  };
}

async function fileOutside(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'admin-token');
  writeFileSync(file, 'a secret', { mode: 0o700 });
  return file;
}

test('a worker opens no connection, starts nothing and reaches no other process', async (t) => {
  const path = await fileOutside(t);
  const { ask, state } = await captive(t);
  t.deepEqual(state.missing, [], 'this kernel has all of the sandbox');
  for (const what of [...OF_OTHERS, ...OF_THE_KERNEL]) {
    const error = await ask<number>({ what, path });
    t.true([EPERM, ENOSYS].includes(error), `${what}: error ${error}`);
  }
});

test('a worker reads no file outside the program, and writes none at all', async (t) => {
  const path = await fileOutside(t);
  const { ask } = await captive(t);
  for (const what of OF_FILES) {
    const error = await ask<number>({ what, path });
    t.true([EPERM, EACCES].includes(error), `${what}: error ${error}`);
  }
  const places = ['/etc/passwd', `/proc/${process.pid}/environ`, `/proc/${process.pid}/mem`];
  for (const read of [...places, '/proc/self/root/etc/passwd', process.cwd()])
    t.false(await ask({ read }), read);
  t.not(await ask({ what: 'write file', path: ADDON }), 0, 'not even its own files');
});

test('without the filter of system calls, Landlock alone keeps files and the service from it', async (t) => {
  const path = await fileOutside(t);
  const { ask } = await captive(t, { isFree: true });
  for (const what of ['read file', 'write file', 'truncate file', 'ptrace parent', 'signal parent'])
    t.true([EPERM, EACCES].includes(await ask<number>({ what, path })), what);
});

test('without a sandbox all of this succeeds, so the attempts are real', async (t) => {
  const path = await fileOutside(t);
  const ask = asking(t, fork(ENTRY, { serialization: 'advanced' }));
  await ask({ addon: ADDON, isFree: true });
  // Whether one process may trace another depends on the user (ptrace_scope).
  const tried = OF_OTHERS.filter((what) => what !== 'ptrace parent' && !what.includes('memory'));
  for (const what of [...tried, ...OF_FILES]) t.is(await ask({ what, path }), 0, what);
});

test('without its launcher, a worker keeps running, and says what does not hold it', async (t) => {
  const ask = asking(t, fork(ENTRY, { serialization: 'advanced' }));
  const { seccomp, missing } = await ask<SandboxState>({ addon: ADDON, isFree: false });
  t.regex(missing.join('\n'), /Landlock \(its launcher is not built\)/);
  if (!seccomp) t.regex(missing.join('\n'), /seccomp \(this Node\.js uses io_uring/);
  t.is(await ask({ what: 'io_uring', path: '' }), seccomp ? ENOSYS : 0);
  t.deepEqual(await ask({ thread: true }), [2, 4], 'its event loop goes on');
});

test('a worker has no io_uring, which would evade the filter', async (t) => {
  for (const isFree of [true, false]) {
    const { ask } = await captive(t, { isFree });
    t.is(await ask({ what: 'io_uring', path: '' }), ENOSYS);
  }
});

test('what a worker needs stays: threads, compiled code, libraries, its own condition', async (t) => {
  const { ask, pid } = await captive(t);
  t.deepEqual(await ask({ thread: true }), [2, 4]);
  const own = [ADDON, '/proc/self/status', `/proc/${pid}/maps`, '/proc/meminfo', process.execPath];
  for (const read of [...own, join(projectRoot(), 'package.json')])
    t.true(await ask({ read }), read);
});

test("a model's limit of memory is lifted up to the worker's own share, and no further", async (t) => {
  const { ask } = await captive(t);
  await ask({ further: 50e6 });
  t.false(await ask({ allocate: 100e6 }), 'the limit of a model holds');
  for (const further of [Number.POSITIVE_INFINITY, 1e15]) {
    await ask({ further });
    t.true(await ask({ allocate: 100e6 }));
    t.false(await ask({ allocate: 1.1e9 }), 'the share holds');
  }
});

test('a worker cannot allocate more than its share, and goes on', async (t) => {
  const { ask } = await captive(t);
  t.false(await ask({ allocate: 1.1e9 }));
  t.true(await ask({ allocate: 100e6 }));
});
