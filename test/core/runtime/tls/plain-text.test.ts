import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { keepEarlierInstallation } from '../../../../core/runtime/tls/plain-text.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('a new data folder does not keep plain text, also after it has a database', async (t) => {
  const folder = await temporaryFolder(t);
  t.false(keepEarlierInstallation(folder));
  await writeFile(join(folder, 'edge.db'), '');
  t.false(keepEarlierInstallation(folder));
  t.is((await stat(join(folder, 'tls'))).mode & 0o777, 0o700);
});

test('a folder "tls" that is removed for a new certificate changes nothing, also without a set-up', async (t) => {
  for (const [traces, isKept] of [
    [[], false],
    [['edge.db'], true],
    [['relay.db'], true],
  ] as const) {
    const folder = await temporaryFolder(t);
    for (const name of traces) await writeFile(join(folder, name), '');
    t.is(keepEarlierInstallation(folder), isKept);
    for (const name of ['edge.db', 'relay.db', 'admin-token', 'set-up.json'])
      await writeFile(join(folder, name), '');
    await rm(join(folder, 'tls'), { recursive: true });
    t.is(keepEarlierInstallation(folder), isKept, traces.join());
  }
});

test('a data folder of an earlier version keeps plain text', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'edge.db'), '');
  t.true(keepEarlierInstallation(folder));
  t.true(keepEarlierInstallation(folder), 'at the second start, too');
});

test('a data folder that does not exist yet is a new one', async (t) => {
  const folder = join(await temporaryFolder(t), 'none');
  t.false(keepEarlierInstallation(folder));
  await chmod(folder, 0o700);
});

test('a data folder that this version set up or enrolled stays strict, although its folder "tls" was removed', async (t) => {
  for (const name of ['set-up.json', 'set-up-code', 'relay-account.json']) {
    const folder = await temporaryFolder(t);
    for (const file of ['edge.db', name]) await writeFile(join(folder, file), '');
    t.false(keepEarlierInstallation(folder), name);
  }
});
