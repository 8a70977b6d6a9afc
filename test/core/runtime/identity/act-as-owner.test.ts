import { execFileSync } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const OWNER = 65_534;

/** Acts as the owner of a folder in a process of its own, and prints the users of all of its threads. */
function users(folder: string, before = ''): string[] {
  const module = join(projectRoot(), 'dist/core/runtime/identity/act-as-owner.js');
  const script = `
    import { readFileSync, promises, readdirSync, writeFileSync } from 'node:fs';
    ${before}
    await promises.readFile('/etc/passwd');
    const { actAsOwnerOf } = await import(${JSON.stringify(module)});
    actAsOwnerOf(${JSON.stringify(folder)});
    writeFileSync(${JSON.stringify(join(folder, 'written'))}, '');
    const statuses = readdirSync('/proc/self/task').map((task) => readFileSync('/proc/self/task/' + task + '/status', 'utf8'));
    const seen = statuses.map((text) => ['Uid', 'Gid', 'Groups'].map((key) => text.match(new RegExp(key + ':\\\\s*(.*)'))[1].trim().replaceAll('\\t', ' ')).join('; '));
    console.log(JSON.stringify([...new Set(seen)]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-'], {
    input: script,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return JSON.parse(output);
}

/** As Node 20 of Debian 13 does, whose libuv is 1.50. */
const REFUSES = `
  Object.defineProperty(process.versions, 'uv', { value: '1.50.0' });
  for (const call of ['setgroups', 'setgid', 'setuid'])
    process[call] = () => {
      throw Object.assign(new Error(call + '() disabled: io_uring may be enabled.'), { code: 'ERR_INVALID_STATE' });
    };`;

test('root acts as the owner of the data folder in all threads, also where Node.js refuses it', async (t) => {
  const base = await temporaryFolder(t);
  for (const [name, before] of Object.entries({ plain: '', debian: REFUSES })) {
    const folder = join(base, name);
    await mkdir(folder);
    if (process.getuid?.() !== 0) {
      t.is(users(folder, before).length, 1, 'another user stays who it is');
      continue;
    }
    await chown(base, OWNER, OWNER);
    await chown(folder, OWNER, OWNER);
    const own = Array(4).fill(OWNER).join(' ');
    t.deepEqual(users(folder, before), [`${own}; ${own}; ${OWNER}`], name);
  }
});

test('where libuv may use io_uring, which would keep the rights of root, nothing is done', async (t) => {
  const folder = join(await temporaryFolder(t), 'data');
  await mkdir(folder);
  if (process.getuid?.() === 0) await chown(folder, OWNER, OWNER);
  for (const risk of [
    "Object.defineProperty(process.versions, 'uv', { value: '1.46.0', configurable: true });",
    "process.env.UV_USE_IO_URING = '1';",
  ]) {
    const before = REFUSES.replace("'1.50.0' }", "'1.50.0', configurable: true }") + risk;
    if (process.getuid?.() === 0) t.throws(() => users(folder, before), { message: /io_uring/ });
    else t.is(users(folder, before).length, 1, 'another user stays who it is');
  }
});
