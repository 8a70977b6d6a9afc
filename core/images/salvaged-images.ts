import type Sqlite from 'better-sqlite3';
import { problemOf } from '../http/problems.js';
import { ProblemError } from '../runtime/errors.js';
import { isHash, isJson, isText } from '../store/salvage/plausible.js';
import type { SalvagePlan, TableLoss } from '../store/salvage/salvage-database.js';
import { type Adoption, adoptFiles } from './adopted-files.js';

/** What the rows of images look like, for a database that is damaged. */
export const plausibleImages: NonNullable<SalvagePlan['plausible']> = {
  blob: (row) => isHash(row.sha256) && isText(row.media_type, /^image\//),
  image: (row) => isHash(row.sha256) && isHash(row.analysis_key),
  analysis: (row) => isHash(row.key) && isHash(row.sha256) && isJson(row.result),
  analysis_label: (row) => isHash(row.analysis_key),
};

const LOST = JSON.stringify(
  problemOf(new ProblemError('analysis_failed', 'The result was lost with a damaged database.')),
);

/**
 * Writes again what can be derived from the rows that were read and from the files, and marks images whose result is
 * lost. Returns what an operator must know.
 */
export function mendImages(
  sqlite: Sqlite.Database,
  losses: readonly TableLoss[],
  adoption: Adoption,
): string[] {
  const isIncomplete = (table: string) => losses.some((loss) => loss.table === table);
  const notes = isIncomplete('blob') || isIncomplete('image') ? adopt(sqlite, adoption) : [];
  if (isIncomplete('analysis_label'))
    sqlite.exec(`
      insert or ignore into analysis_label (analysis_key, label)
      select analysis.key, json_extract(detection.value, '$.label')
      from analysis, json_each(analysis.result, '$.detections') as detection`);
  if (isIncomplete('analysis'))
    sqlite
      .prepare(
        `update image set failure = ?
         where plan is null and failure is null and analysis_key not in (select key from analysis)`,
      )
      .run(LOST);
  if (isIncomplete('image_label') || isIncomplete('analysis_label'))
    sqlite.exec(`
      insert or ignore into image_label (label, image)
      select analysis_label.label, image.id
      from image join analysis_label on analysis_label.analysis_key = image.analysis_key
      where image.plan is null`);
  return notes;
}

function adopt(sqlite: Sqlite.Database, adoption: Adoption): string[] {
  const { adopted, isComplete } = adoptFiles(sqlite, adoption, LOST);
  return [
    ...(adopted > 0 ? [`${adopted} images are kept without their results`] : []),
    ...(isComplete ? [] : ['the files of other images stay without being listed']),
  ];
}
