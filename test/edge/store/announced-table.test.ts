import { join } from 'node:path';
import test from 'ava';
import { openDatabase } from '../../../core/store/database.js';
import { type AnnouncedTables, announcedTable } from '../../../edge/store/announced-table.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('an announced camera that is damaged has no known components, and does not hide the others', async (t) => {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openDatabase<AnnouncedTables>(file, edgeMigrations);
  t.teardown(close);
  const components = { count: 'sensor' } as const;
  for (const camera of ['gate', 'street', 'yard'])
    await announcedTable.put(db, 'lan', camera, { components, form: 'own-device' });
  for (const [camera, damaged] of [
    ['gate', '{"count":'],
    ['yard', 'null'],
  ] as const)
    await db
      .updateTable('announced')
      .set({ components: damaged })
      .where('camera', '=', camera)
      .execute();
  t.deepEqual(
    await announcedTable.of(db, 'lan'),
    new Map([
      ['gate', { components: {}, form: 'own-device' }],
      ['street', { components, form: 'own-device' }],
      ['yard', { components: {}, form: 'own-device' }],
    ]),
  );
});
