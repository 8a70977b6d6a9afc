import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { readReport } from '../../edge/system/upgrade/upgrade-reports.js';
import { type AptRoot, aptRoot } from '../support/apt-root.js';

const REPORTS = 'var/lib/siteglass-edge-upgrade';
const REQUESTS = 'run/siteglass-edge';

const reportOf = (root: AptRoot, name: 'check' | 'upgrade') =>
  readReport(root.path(REPORTS), name)?.fields ?? {};

/** An appliance whose apt knows a repository with these versions. */
async function withRepository(t: ExecutionContext, ...versions: string[]): Promise<AptRoot> {
  const root = await aptRoot(t);
  root.publish(versions);
  await root.connect();
  return root;
}

test.serial('without a request, a newer version is reported and not installed', async (t) => {
  const root = await withRepository(t, '1', '2');
  root.run();
  t.like(reportOf(root, 'check'), { installed: '1', candidate: '2', held: 'no', problem: '' });
  t.is(root.installed(), '1');
  t.deepEqual(reportOf(root, 'upgrade'), {});
});

test.serial('a request installs the newest version, and its result is reported', async (t) => {
  const root = await withRepository(t, '1', '2', '10');
  await root.write(`${REQUESTS}/upgrade-install`, 'siteglass-edge=1 --allow-downgrades');
  root.run();
  t.is(root.installed(), '10');
  t.like(reportOf(root, 'upgrade'), { state: 'upgraded', from: '1', to: '10', problem: '' });
  t.like(reportOf(root, 'check'), { installed: '10', candidate: '' });
  t.deepEqual(await readdir(root.path(REQUESTS)), []);

  await root.write(`${REQUESTS}/upgrade-install`, '');
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'failed', problem: 'nothing' });
});

test.serial(
  'a version whose service is not ready is rolled back, with its last words',
  async (t) => {
    const root = await withRepository(t, '1', '2broken');
    await root.write('active', 'failed\n');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    root.run();
    t.like(reportOf(root, 'upgrade'), { state: 'returned', from: '1', to: '2broken' });
    t.regex(reportOf(root, 'upgrade').reason ?? '', /not ready with it: Error: broken on purpose/);
    t.is(await root.read('rollback'), 'returned\n');
  },
);

test.serial(
  'a program that never answers is waited for with its own rights, and not for long',
  async (t) => {
    const root = await withRepository(t, '1', '2');
    await root.write('hangs', '');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    const began = Date.now();
    root.run();
    t.like(reportOf(root, 'upgrade'), { state: 'returned', problem: 'not-ready' });
    t.true(Date.now() - began < 60_000);
    t.regex(await root.read('as-owner'), /--reuid=\d+ .*--no-new-privs -- siteglass-edge ready\n/);
  },
);

test.serial(
  'a repository that another key signed, or whose package was changed, installs nothing',
  async (t) => {
    const root = await withRepository(t, '1');
    root.publish(['1', '2'], 'forger');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    root.run();
    t.is(root.installed(), '1');
    t.like(reportOf(root, 'check'), { problem: 'signature', candidate: '' });
    t.like(reportOf(root, 'upgrade'), { state: 'failed', problem: 'signature' });

    root.publish(['1', '2']);
    await writeFile(root.path('repository/siteglass-edge_2.deb'), 'other bytes');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    root.run();
    t.is(root.installed(), '1');
    t.like(reportOf(root, 'upgrade'), { state: 'failed', problem: 'mismatch', to: '2' });
  },
);

test.serial(
  'a package that is gone is looked for in a newer list, and then named as missing',
  async (t) => {
    const root = await withRepository(t, '1', '2');
    root.run();
    await rm(root.path('repository/siteglass-edge_2.deb'));
    await root.write(`${REPORTS}/looked`, '');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    root.run();
    t.like(reportOf(root, 'upgrade'), { state: 'failed', problem: 'missing', to: '2' });
    t.is(root.installed(), '1');

    root.publish(['1', '3']);
    await root.write(`${REPORTS}/looked`, '');
    await root.write(`${REQUESTS}/upgrade-install`, '');
    root.run();
    t.like(reportOf(root, 'upgrade'), { state: 'upgraded', from: '1', to: '3' });
    t.is(root.installed(), '3');
  },
);

test.serial('an address without a repository is named as such', async (t) => {
  const root = await withRepository(t, '1', '2');
  await writeFile(root.path('repository/InRelease'), '<html>Log in to this network</html>');
  root.run();
  t.like(reportOf(root, 'check'), { problem: 'no-repository', candidate: '' });

  await rm(root.path(`${REPORTS}/looked`));
  await rm(root.path('repository'), { recursive: true });
  root.run();
  t.like(reportOf(root, 'check'), { problem: 'no-index', candidate: '' });
});

test.serial('an index that was to be replaced by now installs nothing', async (t) => {
  const root = await withRepository(t, '1');
  const time = Date.now() - 10 * 86_400_000;
  root.publish(['1', '2'], 'release', { time, validDays: 9 });
  root.run();
  t.like(reportOf(root, 'check'), { problem: 'expired', candidate: '' });
  root.publish(['1', '2'], 'release', { time, validDays: 11 });
  root.run();
  t.like(reportOf(root, 'check'), { problem: '', candidate: '2' });
});

test.serial('without a repository, or with a hold, the report says so', async (t) => {
  const root = await aptRoot(t);
  root.run();
  t.like(reportOf(root, 'check'), { problem: 'no-source', installed: '1' });
  const held = await withRepository(t, '1', '2');
  const status = await held.read('var/lib/dpkg/status');
  await held.write('var/lib/dpkg/status', status.replace('install ok', 'hold ok'));
  await held.write(`${REQUESTS}/upgrade-install`, '');
  held.run();
  t.is(held.installed(), '1');
  t.like(reportOf(held, 'check'), { held: 'yes', candidate: '2' });
  t.like(reportOf(held, 'upgrade'), { state: 'failed', problem: 'held' });
});

test.serial('an upgrade that was interrupted is completed by the next run', async (t) => {
  const root = await withRepository(t, '1', '2');
  await root.write(
    `${REPORTS}/upgrade`,
    'state: running\nphase: installing\nfrom: 1\nto: 2\nstarted: 2026-11-27T10:00:00Z\n\n',
  );
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'failed', from: '1', to: '2' });
  t.regex(reportOf(root, 'upgrade').reason ?? '', /interrupted/);

  await root.write(`${REQUESTS}/upgrade-install`, '');
  root.run();
  await root.write(`${REPORTS}/upgrade`, 'state: running\nphase: installing\nfrom: 1\nto: 2\n\n');
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'upgraded', from: '1', to: '2' });
});

test.serial('a relay and additions are upgraded too, and what stays behind is named', async (t) => {
  const others = ['siteglass-opencv', 'siteglass-relay'];
  const root = await withRepository(t, '1', '2', ...others.map((name) => `${name}_2`));
  for (const name of others) root.install(`${name}_1`);
  await root.write(`${REQUESTS}/upgrade-install`, '');
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'upgraded', to: '2' });
  t.deepEqual(
    others.map((name) => root.installed(name)),
    ['2', '2'],
  );

  // As after a power cut between two packages, within the second in which apt has cached what is installed.
  await root.write('one-second', '');
  root.install('siteglass-opencv_2');
  root.run();
  root.install('siteglass-opencv_1');
  const running = 'state: running\nphase: installing\nfrom: 1\nto: 2\n\n';
  await root.write(`${REPORTS}/upgrade`, running);
  const newer = root.path('repository/siteglass-opencv_2.deb');
  await rename(newer, `${newer}.away`);
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'failed', problem: 'incomplete' });
  t.regex(reportOf(root, 'upgrade').reason ?? '', /not upgraded with it: siteglass-opencv \(/);
  await rename(`${newer}.away`, newer);
  await root.write(`${REPORTS}/upgrade`, running);
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'upgraded', to: '2' });
  t.is(root.installed('siteglass-opencv'), '2');
});

test.serial('a package that is installed in part is tried again by the next run', async (t) => {
  const root = await withRepository(t, '1', '2');
  root.run();
  const status = await root.read('var/lib/dpkg/status');
  await root.write(
    'var/lib/dpkg/status',
    status.replace('install ok installed', 'install reinstreq half-installed'),
  );
  await root.write(`${REPORTS}/upgrade`, 'state: running\nphase: installing\nfrom: 1\nto: 2\n\n');
  const newer = root.path('repository/siteglass-edge_2.deb');
  await rename(newer, `${newer}.away`);
  await root.write('bin/siteglass-edge-rollback', '#!/bin/sh\nexit 1\n');
  t.throws(() => root.run(), { message: /Command failed/ });
  t.like(reportOf(root, 'upgrade'), { state: 'running', phase: 'repairing' });
  await rename(`${newer}.away`, newer);
  root.run();
  t.like(reportOf(root, 'upgrade'), { state: 'upgraded', from: '1', to: '2' });
});

test.serial(
  'without a place for its reports, the script changes nothing, and ends in order',
  async (t) => {
    const root = await withRepository(t, '1', '2');
    await mkdir(root.path(`${REPORTS}/.upgrade.next`));
    await mkdir(root.path(`${REPORTS}/looked`));
    await utimes(root.path(`${REPORTS}/looked`), 1_000, 1_000);
    await root.write(`${REQUESTS}/upgrade-install`, '');
    t.regex(root.run(), /nothing was changed/);
    t.is(root.installed(), '1');
    t.like(reportOf(root, 'check'), { candidate: '2' });
  },
);

test.serial('what other packages print is no reason, and a lock is waited for', async (t) => {
  const root = await withRepository(t, '1', '2');
  await root.write(
    'bin/apt-get',
    `#!/bin/sh
if [ ! -e "$ROOT/second" ]; then
  echo 'Setting up other: the signature cannot be verified'
  echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt)'
  : >"$ROOT/second"
  exit 100
fi
exec /usr/bin/apt-get "$@"
`,
  );
  root.run();
  t.like(reportOf(root, 'check'), { problem: '', candidate: '2' });
});

test.serial('links and folders in place of a request are removed, and not followed', async (t) => {
  const root = await aptRoot(t);
  const foreign = root.path('foreign');
  await mkdir(foreign);
  await writeFile(`${foreign}/secret`, 'secret');
  await symlink(foreign, root.path(`${REQUESTS}/upgrade-check`));
  await mkdir(root.path(`${REQUESTS}/upgrade-install`));
  await symlink(foreign, root.path(`${REQUESTS}/upgrade-install/link`));
  root.run();
  t.deepEqual(await readdir(root.path(REQUESTS)), []);
  t.deepEqual(await readdir(foreign), ['secret']);
  t.false((await root.read(`${REPORTS}/check`)).includes('secret'));
});
