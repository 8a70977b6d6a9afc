import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SCRIPTS = [
  'packaging/bin/siteglass-rollback',
  'packaging/bin/siteglass-edge-upgrade',
  'packaging/debian/siteglass.preinst',
  'packaging/debian/siteglass.postinst',
  'packaging/debian/siteglass.postrm',
];

const STUBS: Record<string, string> = {
  id: 'echo 0',
  'dpkg-query': 'printf 2.0',
  'dpkg-deb': 'echo nodejs',
  'apt-get': 'exit 0',
  dpkg: 'exit 0',
  systemctl: 'exit 0',
  // What the real one changes is the user.
  setpriv: 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
};

/** An installation that was upgraded from 1.0 to 2.0, below a folder; and the programs that the script runs. */
async function upgraded(t: ExecutionContext) {
  const root = await temporaryFolder(t);
  const data = join(root, 'lib', 'siteglass-edge');
  const backup = join(root, 'backups', 'siteglass-edge');
  const bin = join(root, 'bin');
  for (const folder of [data, backup, bin]) await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(STUBS)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(join(backup, 'version'), '1.0\n');
  await utimes(join(backup, 'version'), 1_000, 1_000);
  await writeFile(join(data, 'edge.db'), 'new');
  const script = join(root, 'siteglass-edge-rollback');
  const text = await readFile(join(projectRoot(), 'packaging/bin/siteglass-rollback'), 'utf8');
  await writeFile(
    script,
    text.replace('/var/lib', join(root, 'lib')).replace('/var/backups', join(root, 'backups')),
  );
  const run = async () =>
    promisify(execFile)('sh', [script, '--yes'], { env: { PATH: `${bin}:${process.env.PATH}` } });
  return { root, data, run };
}

test('a rollback restores the database from before the change, and keeps the newer one', async (t) => {
  const { data, run } = await upgraded(t);
  await writeFile(join(data, 'edge.db.before-0009-more'), 'old');
  await run();
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), 'old');
  t.is(await readFile(join(data, 'edge.db.of-2.0'), 'utf8'), 'new');
});

test('a rollback follows no link that the service put in place of what it writes', async (t) => {
  const { root, data, run } = await upgraded(t);
  const foreign = join(root, 'foreign');
  await mkdir(foreign);
  await writeFile(join(data, 'edge.db.before-0009-more'), 'old');
  await symlink(foreign, join(data, 'edge.db.of-2.0'));
  await run();
  t.deepEqual(await readdir(foreign), []);
  t.true((await lstat(join(data, 'edge.db.of-2.0'))).isFile());
});

test('a rollback reads no link or odd name as a copy of the database', async (t) => {
  const { root, data, run } = await upgraded(t);
  const secret = join(root, 'shadow');
  await writeFile(secret, 'root:secret');
  await symlink(secret, join(data, 'edge.db.before-0001-link'));
  await writeFile(join(data, `edge.db.before-\n1 ${secret.replaceAll('/', '_')}`), 'odd');
  await run();
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), 'new');
});

test('scripts that root runs move to a name, not into a folder, and copy as the owner of the data', async (t) => {
  for (const script of SCRIPTS) {
    const text = await readFile(join(projectRoot(), script), 'utf8');
    for (const line of text.split('\n').filter((some) => /(^|\s)mv\s/.test(some)))
      t.regex(line, /mv --no-target-directory /, script);
    for (const line of text.split('\n').filter((some) => /\$(data|database)\b/.test(some)))
      if (/(^|\s)(cp|mv|rm|chown|chmod|ln)\s/.test(line) && !line.includes('--reference'))
        t.regex(line, /as_owner /, script);
  }
});
