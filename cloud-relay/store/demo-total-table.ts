import type { Kysely } from 'kysely';
import type { RelayTables } from './relay-tables.js';

/** Uploads that were searched, and the objects that were found in them. */
export interface UploadTotals {
  images: number;
  objects: number;
}

const ROW = 1;

export async function uploadTotals(db: Kysely<RelayTables>): Promise<UploadTotals> {
  const row = await db
    .selectFrom('demo_total')
    .select(['images', 'objects'])
    .where('id', '=', ROW)
    .executeTakeFirst();
  return { images: Number(row?.images ?? 0), objects: Number(row?.objects ?? 0) };
}

/** Several relays add to the same row. */
export async function addUploadTotals(
  db: Kysely<RelayTables>,
  { images, objects }: UploadTotals,
): Promise<void> {
  await db
    .insertInto('demo_total')
    .values({ id: ROW, images, objects })
    .onConflict((c) =>
      c.column('id').doUpdateSet((eb) => ({
        images: eb('demo_total.images', '+', eb.ref('excluded.images')),
        objects: eb('demo_total.objects', '+', eb.ref('excluded.objects')),
      })),
    )
    .execute();
}
