import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { writeSetupFile } from '../../../edge/setup/setup-file.js';
import { withSetup } from '../../../edge/setup/with-setup.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const settings = {
  site: 'harbour',
  http: { host: '0.0.0.0' },
  mqtt: { url: 'mqtts://relay.example.org', username: 'harbour', password: 'secret' },
};

test('what the set-up decided lies below what the configuration gives', async (t) => {
  const dataFolder = await temporaryFolder(t);
  await writeSetupFile(dataFolder, { isComplete: true, settings });
  t.deepEqual(withSetup({ dataFolder }), { dataFolder, ...settings });
  const given = { dataFolder, site: 'depot-7', http: { port: 9_080 }, setup: { host: '::' } };
  t.deepEqual(withSetup(given), {
    ...given,
    http: { port: 9_080, host: '0.0.0.0' },
    mqtt: settings.mqtt,
  });
  t.deepEqual(withSetup({ dataFolder, http: {} }).http, settings.http);
  t.deepEqual(withSetup({ dataFolder, http: { host: '127.0.0.1' } }).http, { host: '127.0.0.1' });
  t.deepEqual(
    withSetup({ dataFolder, mqtt: { url: 'mqtt://other' } }).mqtt,
    { url: 'mqtt://other' },
    'credentials of one broker never go to another',
  );
});

test('before the set-up, and after one that was interrupted, the appliance listens on setup.host', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const given = { dataFolder, setup: { host: '0.0.0.0' } };
  t.deepEqual(withSetup(given), { ...given, http: { host: '0.0.0.0' } });
  await writeSetupFile(dataFolder, { isComplete: false, settings });
  t.deepEqual(withSetup(given), { ...given, http: { host: '0.0.0.0' } });
  t.deepEqual(withSetup({ dataFolder }), { dataFolder });
});

test('a file that cannot be used counts as none', async (t) => {
  const dataFolder = await temporaryFolder(t);
  for (const text of [
    '',
    '{',
    '{"isComplete":true}',
    '[]',
    '{"isComplete":true,"settings":{"x":1}}',
  ]) {
    await writeFile(join(dataFolder, 'set-up.json'), text);
    t.deepEqual(withSetup({ dataFolder }), { dataFolder }, text);
  }
  await mkdir(join(dataFolder, 'sub', 'set-up.json'), { recursive: true });
  t.deepEqual(withSetup({ dataFolder: join(dataFolder, 'sub') }).site, undefined);
});

test('settings of a wrong form are left for the schema to refuse', (t) => {
  t.deepEqual(withSetup({ http: 'x', dataFolder: 7 }), { http: 'x', dataFolder: 7 });
});
