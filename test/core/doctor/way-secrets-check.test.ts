import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  copiesWithSecrets,
  openNotifications,
  waySecretsCheck,
} from '../../../core/doctor/way-secrets-check.js';
import { notificationMigration } from '../../../core/notifications/notification-migration.js';
import { FileKeeper } from '../../../core/notifications/secret-keeper.js';
import type { NotificationTables } from '../../../core/notifications/tables.js';
import { openDatabase } from '../../../core/store/database.js';
import { notificationRig } from '../../support/notification-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const URL = 'https://hooks.example.org/token';
const HOOK = { id: 'hook', kind: 'webhook', url: URL, headers: [], preset: 'json' };

test('the doctor names secrets that are missing, that are still text, and copies from before', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, secrets] = [join(folder, 'edge.db'), join(folder, 'edge.db.way-secrets')];
  const keeper = () => new FileKeeper(secrets);
  const check = waySecretsCheck({
    open: () => openNotifications(file),
    keeper,
    copies: () => copiesWithSecrets(file, '0015_notifications', '0017_notification_secrets'),
  });
  const found = async () => [await check.run()].flat();
  t.like(await found(), [{ state: 'ok', text: 'none' }]);

  const migrations = { '0001_notifications': notificationMigration };
  const { db, close } = await openDatabase<NotificationTables>(file, migrations);
  t.teardown(close);
  await db
    .insertInto('notification_definition')
    .values({ kind: 'way', id: 'hook', settings: JSON.stringify(HOOK), changed_at: 1 })
    .execute();
  const [text] = await found();
  t.is(text?.state, 'warning');
  t.regex(text?.text ?? '', /those of hook are readable in the database/);

  await notificationRig(t, { db, ways: [], keeper: keeper() }).definitions.moveSecrets();
  t.like(await found(), [{ state: 'ok', text: 'of 1 way of the API' }]);
  for (const name of [
    ...['0014_x', '0016_sighting_views', '0017_notification_secrets', '0018_y'],
    // The folder is the service's: a name must not be a command of whoever copies the advice.
    '0016$(id)',
  ])
    await writeFile(`${file}.before-${name}`, '');
  t.deepEqual(
    (await found()).map(({ state, advice }) => [state, advice?.replace(/^.*before-/, '')]).sort(),
    [
      ['warning', '0016_sighting_views'],
      ['warning', '0017_notification_secrets'],
    ],
  );

  await rm(secrets, { recursive: true });
  const [missing] = await found();
  t.like(missing, { state: 'failure', advice: keeper().whyMissing });
  t.regex(missing?.text ?? '', /hook lacks url/);
  t.false(JSON.stringify(await found()).includes('token'));
});
