import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { describeSource } from '../../scripts/lib/package-source.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

async function project(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'package.json'), '{"version":"1.2.0"}');
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...identity, ...args], { stdio: 'pipe' });
  return {
    folder,
    git,
    commit: () => git('commit', '--quiet', '--allow-empty', '--message', 'change'),
    version: () => describeSource(folder, {}).version,
  };
}

const isLower = (a: string, b: string) => {
  execFileSync('dpkg', ['--compare-versions', a, 'lt', b]);
  return true;
};

test('each commit makes a higher version, all of them below the release that they lead to', async (t) => {
  const { git, commit, version } = await project(t);
  git('init', '--quiet');
  git('add', '.');
  commit();
  const first = version();
  commit();
  const second = version();
  git('tag', 'v1.2.0');
  const release = version();
  t.is(release, '1.2.0');
  t.true(isLower(first, second));
  t.true(isLower(second, release));
});

test('the version shows that changes are not committed', async (t) => {
  const { folder, git, commit, version } = await project(t);
  git('init', '--quiet');
  git('add', '.');
  commit();
  git('tag', 'v1.2.0');
  await writeFile(join(folder, 'package.json'), '{"version":"1.2.0" }');
  t.regex(version(), /^1\.2\.0~dev\.1\.g[0-9a-f]{8}\.changed$/);
});

test('without git the version is that of package.json, and the time is the one that the environment gives', async (t) => {
  const { folder } = await project(t);
  t.deepEqual(describeSource(folder, { SOURCE_DATE_EPOCH: '1700000000' }), {
    version: '1.2.0',
    time: 1700000000,
  });
});
