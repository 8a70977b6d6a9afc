import type { Kysely } from 'kysely';
import type { Analysis } from '../contract/detection.js';
import { compiledQuery } from '../store/compiled-query.js';
import { readAnalysis } from './stored-analysis.js';
import type { AnalysisRow, ImageTables, LabelRow } from './tables.js';

type Db = Kysely<ImageTables>;

const findResult = compiledQuery(
  { key: true },
  (db: Db, [{ key } = { key: '' }]: { key: string }[]) =>
    db.selectFrom('analysis').select('result').where('key', '=', key),
);

const insertAnalyses = compiledQuery(
  { key: true, sha256: true, result: true },
  (db: Db, rows: Pick<AnalysisRow, 'key' | 'sha256' | 'result'>[]) =>
    db
      .insertInto('analysis')
      .values(rows)
      .onConflict((c) => c.doNothing()),
);

const insertLabels = compiledQuery(
  { analysis_key: true, label: true },
  (db: Db, rows: LabelRow[]) =>
    db
      .insertInto('analysis_label')
      .values(rows)
      .onConflict((c) => c.doNothing()),
);

export const analysisTable = {
  find: async (db: Db, key: string): Promise<Analysis | undefined> => {
    const [row] = await findResult(db, [{ key }]);
    return row && readAnalysis(row.result);
  },

  insert: async (db: Db, key: string, sha256: string, analysis: Analysis): Promise<void> => {
    await insertAnalyses(db, [{ key, sha256, result: JSON.stringify(analysis) }]);
    const labels = [...new Set(analysis.detections.map(({ label }) => label))];
    if (labels.length === 0) return;
    await insertLabels(
      db,
      labels.map((label) => ({ analysis_key: key, label })),
    );
  },

  /** False where there is no such analysis. */
  setProcessedBytes: async (db: Db, key: string, bytes: number): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('analysis')
      .set({ processed_bytes: bytes })
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  },

  totalProcessedBytes: async (db: Db): Promise<number> => {
    const { total } = await db
      .selectFrom('analysis')
      .select((q) => q.fn.coalesce(q.fn.sum<number>('processed_bytes'), q.lit(0)).as('total'))
      .executeTakeFirstOrThrow();
    return Number(total);
  },

  /** Analyses of a blob that no image refers to any more. */
  unreferenced: (db: Db, sha256: string): Promise<Pick<AnalysisRow, 'key'>[]> =>
    db
      .selectFrom('analysis')
      .select('key')
      .where('sha256', '=', sha256)
      .where((q) =>
        q.not(
          q.exists(
            q
              .selectFrom('image')
              .select('image.id')
              .whereRef('image.analysis_key', '=', 'analysis.key'),
          ),
        ),
      )
      .execute() as Promise<Pick<AnalysisRow, 'key'>[]>,

  /** Analyses with a rendered image, all of whose images were made before `ms`. */
  processedBefore: async (db: Db, ms: number, limit: number): Promise<string[]> => {
    const rows = await db
      .selectFrom('analysis')
      .select('key')
      .where('processed_bytes', '>', 0)
      .where((q) =>
        q.not(
          q.exists(
            q
              .selectFrom('image')
              .select('image.id')
              .whereRef('image.analysis_key', '=', 'analysis.key')
              .where('image.created_at', '>=', ms),
          ),
        ),
      )
      .limit(limit)
      .execute();
    return rows.map(({ key }) => key);
  },

  /** Resolves with the bytes of the rendered image, and sets them to 0: of several callers one gets them. */
  takeProcessedBytes: (db: Db, key: string): Promise<number> => {
    const take = async (transaction: Db): Promise<number> => {
      const row = await transaction
        .selectFrom('analysis')
        .select('processed_bytes')
        .where('key', '=', key)
        .executeTakeFirst();
      await analysisTable.setProcessedBytes(transaction, key, 0);
      return Number(row?.processed_bytes ?? 0);
    };
    return db.isTransaction ? take(db) : db.transaction().execute(take);
  },

  remove: (db: Db, key: string) => db.deleteFrom('analysis').where('key', '=', key).execute(),
};
