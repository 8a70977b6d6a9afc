import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import type { JobOrigin, Planner } from '../../../core/detection/detection.js';
import type { Analyser } from '../../../core/images/analyser.js';
import { createImageLabelTable } from '../../../core/images/image-label-table.js';
import type { ImageStore } from '../../../core/images/image-store.js';
import { imageTable } from '../../../core/images/image-table.js';
import { PendingAnalyses } from '../../../core/images/pending-analyses.js';
import { createImageTables, type ImageTables } from '../../../core/images/tables.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { openDatabase } from '../../../core/store/database.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('an image keeps its turn if the workers are busy when it comes', async (t) => {
  const { db, close } = await openDatabase<ImageTables>(
    join(await temporaryFolder(t), 'images.db'),
    { '0001_images': createImageTables, '0002_image_labels': createImageLabelTable },
  );
  t.teardown(close);
  await sql`insert into blob values ('aa', 'image/jpeg', 1, 1, 1)`.execute(db);
  const searched: string[] = [];
  let isBusy = true;
  const pending = new PendingAnalyses(
    {
      db,
      guard: { use: <T>(_: string, work: () => T) => work() },
      originalBytes: async () => Buffer.alloc(1),
    } as unknown as ImageStore,
    {
      stored: async () => undefined,
      search: async (_: string, __: Buffer, ___: unknown, { id }: JobOrigin) => {
        if (id === 'site' && isBusy) {
          isBusy = false;
          throw new ProblemError('queue_full', 'busy');
        }
        searched.push(id);
        return { analysis: { detections: [] }, source: 'search' };
      },
    } as unknown as Analyser,
    { plan: () => ({ detectors: [] }) } as unknown as Planner,
    silentLogger(),
  );
  t.teardown(() => pending.stop());
  const images = [
    ...Array.from({ length: 40 }, (_, n) => [`a${100 + n}`, 'flood'] as const),
    ['b', 'site'] as const,
  ];
  for (const [id] of images)
    await sql`insert into image values (${id}, 'aa', ${id}, null, 1, null, '{"detectors":[]}', null)`.execute(
      db,
    );
  for (const [id, client] of images) pending.add(id, { kind: 'client', id: client });
  await eventually('all are analysed', async () => (await imageTable.countPending(db)) === 0);
  t.is(searched.length, 41);
  t.true(searched.indexOf('site') < 10, `${searched.indexOf('site')} came before it`);
});
