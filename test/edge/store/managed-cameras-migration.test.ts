import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { repairDatabase } from '../../../core/store/repair-database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { cameraSecrets } from '../../../edge/cameras/managed/camera-secrets.js';
import { ManagedCameras } from '../../../edge/cameras/managed/managed-cameras.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { edgeSalvagePlan } from '../../../edge/store/salvage-plan.js';
import { type EdgeTables, managedCameraTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cameraConfig } from '../support/cameras.js';

/** The schema of the version before. */
const before = Object.fromEntries(Object.entries(edgeMigrations).filter(([name]) => name < '0014'));
const BY = { actor: { name: 'anna', kind: 'user' }, at: 1 } as const;

async function upgraded(t: Parameters<typeof temporaryFolder>[0]) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'edge.db');
  const old = await openDatabase<EdgeTables>(file, before);
  await sql`insert into announced (connection, camera, components) values ('lan', 'gate', '{}')`.execute(
    old.db,
  );
  await old.close();
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t?.teardown(close);
  return { db, folder };
}

test('an upgrade keeps the data of the version before, and has no managed cameras', async (t) => {
  const { db, folder } = await upgraded(t);
  const managed = await new ManagedCameras(
    tablesOf(db, managedCameraTables),
    cameraSecrets(folder),
  ).load();
  t.deepEqual(managed.all, []);
  t.is((await db.selectFrom('announced').selectAll().execute()).length, 1);
});

test('old revisions are removed beyond their limits, but never the present one of a camera', async (t) => {
  const { db, folder } = await upgraded(t);
  const secrets = cameraSecrets(folder);
  const limits = { ofCamera: 3, inAll: 4, bytes: 100_000 };
  const managed = new ManagedCameras(tablesOf(db, managedCameraTables), secrets, limits);
  const put = (id: string, name: string) =>
    managed.put(
      cameraConfig({ id, kind: 'push', name, pushSecret: `secret-of-${id}-${name}-xx` }),
      {
        ...BY,
        action: 'changed',
      },
    );
  await put('old', 'a');
  for (const name of ['a', 'b', 'c', 'd', 'e']) await put('yard', name);
  const left = await managed.revisions({ limit: 100 });
  t.deepEqual(
    left.map(({ camera, revision }) => [camera, revision]),
    [
      ['yard', 6],
      ['yard', 5],
      ['yard', 4],
      ['old', 1],
    ],
  );
  const gone = secrets.sourceOf({ kept: '00000000-0000-4000-8000-000000000000' });
  t.true(secrets.isGone(gone));
  for (const row of left) t.deepEqual(managed.settingsOf(row).id, row.camera);
  const again = await new ManagedCameras(tablesOf(db, managedCameraTables), secrets).load();
  t.deepEqual(
    again.all.map(({ id, lacks }) => [id, lacks]),
    [
      ['old', []],
      ['yard', []],
    ],
  );
  await managed.remove('old', BY);
  await managed.remove('yard', BY);
  const last = await managed.revisions({ limit: 100 });
  t.true(last.length <= 4);
  t.is(last[0]?.action, 'removed');
});

test('a repair of the database keeps the cameras, their revisions and the names of their secrets', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'edge.db');
  const secrets = cameraSecrets(folder);
  const camera = { id: 'gate', kind: 'push', pushSecret: 'a-secret-of-the-gate' };
  const first = await openDatabase<EdgeTables>(file, edgeMigrations);
  const managed = new ManagedCameras(tablesOf(first.db, managedCameraTables), secrets);
  await managed.put(cameraConfig(camera), { ...BY, action: 'added' });
  await first.close();
  await repairDatabase(file, edgeSalvagePlan, 'a test', 1);
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const repaired = await new ManagedCameras(tablesOf(db, managedCameraTables), secrets).load();
  t.like(repaired.get('gate'), { revision: 1, faults: [], lacks: [] });
  t.is((await repaired.revisions({ camera: 'gate', limit: 10 })).length, 1);
  const next = await repaired.put(cameraConfig(camera), { ...BY, action: 'changed' });
  t.is(next.revision, 2);
});
