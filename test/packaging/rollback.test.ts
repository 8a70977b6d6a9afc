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
  'packaging/debian/siteglass-edge.prerm',
];

const STUBS: Record<string, string> = {
  id: 'echo 0',
  'dpkg-query': 'case "$*" in *Status*) echo "$STATE" ;; *) echo "$VERSION" ;; esac',
  'dpkg-deb': 'echo nodejs',
  'apt-get': 'exit 0',
  dpkg: 'echo "dpkg $*"',
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
  await writeFile(join(backup, 'copies'), '');
  await writeFile(join(data, 'edge.db'), 'new');
  const script = join(root, 'siteglass-edge-rollback');
  const text = await readFile(join(projectRoot(), 'packaging/bin/siteglass-rollback'), 'utf8');
  await writeFile(
    script,
    text.replace('/var/lib', join(root, 'lib')).replace('/var/backups', join(root, 'backups')),
  );
  const env = { PATH: `${bin}:${process.env.PATH}`, STATE: 'installed', VERSION: '2.0' };
  const run = async (more = {}) =>
    promisify(execFile)('sh', [script, '--yes'], { env: { ...env, ...more } });
  return { root, data, backup, bin, env, run };
}

test('a rollback restores the database from before the change, and keeps the newer one', async (t) => {
  const { data, run } = await upgraded(t);
  await writeFile(join(data, 'edge.db.before-0009-more'), 'old');
  await run();
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), 'old');
  t.is(await readFile(join(data, 'edge.db.of-2.0'), 'utf8'), 'new');
});

test('a rollback tells the copies of an upgrade from earlier ones without the clock', async (t) => {
  const { data, backup, run } = await upgraded(t);
  await writeFile(join(data, 'edge.db.before-0008-earlier'), 'earlier');
  await writeFile(join(data, 'edge.db.before-0009-more'), 'of a try before');
  const preinst = await readFile(join(projectRoot(), 'packaging/debian/siteglass.preinst'), 'utf8');
  const [listCopies] = /^list_copies\(\) \{.*?^\}/ms.exec(preinst) ?? [];
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `data=${data}\n${listCopies?.replaceAll('@program@', 'edge')}\nlist_copies`,
  ]);
  await writeFile(join(backup, 'copies'), stdout);
  // The upgrade makes these, with the clock years back.
  for (const name of ['0010-last', '0009-more']) {
    await writeFile(join(data, `edge.db.before-${name}`), name);
    await utimes(join(data, `edge.db.before-${name}`), 1_000, name === '0010-last' ? 900 : 1_000);
  }
  await run();
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), '0009-more');
});

test('a rollback that was interrupted starts again, and replaces no database that was kept', async (t) => {
  const { data, run } = await upgraded(t);
  await writeFile(join(data, 'edge.db.before-0009-more'), 'old');
  await writeFile(join(data, 'edge.db.of-2.0'), 'kept');
  await writeFile(join(data, 'edge.db.returning'), 'o');
  await writeFile(join(data, 'edge.db-wal'), 'new log');
  await run();
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), 'old');
  t.is(await readFile(join(data, 'edge.db.of-2.0'), 'utf8'), 'kept');
  t.is(await readFile(join(data, 'edge.db.of-2.0.2'), 'utf8'), 'new');
  t.is(await readFile(join(data, 'edge.db.of-2.0.2-wal'), 'utf8'), 'new log');
  t.false((await readdir(data)).includes('edge.db.returning'));
});

test('a rollback reinstalls a version that is installed in part, if it was saved', async (t) => {
  const { root, data, backup, run } = await upgraded(t);
  await t.throwsAsync(run({ VERSION: '1.0' }), { message: /1\.0 is already installed/ });
  const { stdout } = await run({ VERSION: '1.0', STATE: 'half-installed' });
  t.regex(stdout, new RegExp(`dpkg --install --force-confold ${backup}/siteglass-edge.deb`));
  t.is(await readFile(join(data, 'edge.db'), 'utf8'), 'new');
  await mkdir(join(root, 'backups', 'siteglass-edge.next'));
  await t.throwsAsync(run({ VERSION: '1.1', STATE: 'half-installed' }), {
    message: /1\.1 was not saved; to complete its upgrade/,
  });
});

test('a rollback follows no link that the service put in place of what it writes', async (t) => {
  const { root, data, run } = await upgraded(t);
  const foreign = join(root, 'foreign');
  await mkdir(foreign);
  await writeFile(join(data, 'edge.db.before-0009-more'), 'old');
  await symlink(foreign, join(data, 'edge.db.of-2.0'));
  await symlink(foreign, join(data, 'edge.db.returning'));
  await run();
  t.deepEqual(await readdir(foreign), []);
  t.true((await lstat(join(data, 'edge.db.of-2.0.2'))).isFile());
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

test('the package reads the set-up code with the rights of the service, and prints it for a person alone', async (t) => {
  const { root, data, bin, env } = await upgraded(t);
  await writeFile(join(data, 'set-up-code'), 'http://h:8080/\nAB-CD\n');
  await writeFile(
    join(bin, 'setpriv'),
    `#!/bin/sh\necho "$*" >>${root}/as-owner\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n`,
  );
  const template = await readFile(
    join(projectRoot(), 'packaging/debian/siteglass.postinst'),
    'utf8',
  );
  const script = template
    .replaceAll('@name@', 'siteglass-edge')
    .replaceAll('/usr/bin/', '')
    .replaceAll('/var/lib', join(root, 'lib'))
    .replaceAll('/var/backups', join(root, 'none'))
    .replaceAll('/run/systemd/system', root);
  const triggered = async (more = {}) =>
    (
      await promisify(execFile)('sh', ['-c', script, 'postinst', 'triggered'], {
        env: { ...env, ...more },
      })
    ).stdout;
  t.regex(await triggered(), /open http:\/\/h:8080\/ in a browser and enter the code AB-CD/);
  const commands = await readFile(join(root, 'as-owner'), 'utf8');
  t.regex(commands, /--reuid=siteglass-edge .* -- siteglass-edge --check\n/);
  t.regex(commands, /--reuid=siteglass-edge .* -- head /);
  t.is(await triggered({ SITEGLASS_UNATTENDED: '1' }), '');
});

test('scripts that root runs move to a name, not into a folder, and copy as the owner of the data', async (t) => {
  for (const script of SCRIPTS) {
    const text = await readFile(join(projectRoot(), script), 'utf8');
    for (const line of text.split('\n').filter((some) => /(^|\s)mv\s/.test(some)))
      t.regex(line, /mv --no-target-directory /, script);
    for (const line of text.split('\n').filter((some) => /\bsetpriv\b/.test(some)))
      t.regex(line, /timeout --kill-after=5 \S+ setpriv .*/, script);
    for (const line of text.split('\n').filter((some) => /\$(data|database)\b/.test(some)))
      if (/(^|\s)(cp|mv|rm|chown|chmod|ln)\s/.test(line) && !line.includes('--reference'))
        t.regex(line, /as_owner /, script);
  }
});
