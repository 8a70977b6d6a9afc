import type { MarkRequest } from '../../core/contract/sighting.js';
import { imageTables } from '../../core/images/tables.js';
import type { Clock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { type Transaction, unitOfWork } from '../../core/store/unit-of-work.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { sightingMarks } from '../store/sighting-marks.js';
import { sightingTable } from '../store/sighting-table.js';
import { sightingTables } from '../store/tables.js';

export interface MarksOptions {
  db: EdgeDependencies['db'];
  clock: Clock;
  /** Limit on the pictures that are kept for marks. */
  maxPictures?: number;
  /** Limit on their bytes. */
  maxBytes: number;
}

/** What people mark as wrong. The pictures of the newest marks are kept for training, whatever the retention says. */
export class Marks {
  constructor(private readonly options: MarksOptions) {}

  /** Marks a sighting as wrong, or removes its mark. Throws `not_found`. */
  async mark(id: string, { wrong, note }: MarkRequest, by: string): Promise<void> {
    await unitOfWork(this.options.db, async (transaction) => {
      const db = transaction.of(sightingTables);
      const images = transaction.of(imageTables);
      const row = await sightingTable.find(db, id);
      if (!row) throw new ProblemError('not_found', `There is no sighting ${id}.`);
      if (!wrong) return sightingMarks.remove(db, images, id);
      const mark = { marked_at: this.options.clock(), marked_by: by, mark_note: note };
      await sightingMarks.set(db, images, id, row.best_image, mark);
      await this.#releaseExcess(transaction);
    });
  }

  async #releaseExcess(transaction: Transaction): Promise<void> {
    const { maxPictures = 1_000, maxBytes } = this.options;
    const db = transaction.of(sightingTables);
    let [pictures, total] = [0, 0];
    for (const { id, bytes } of await sightingMarks.kept(db)) {
      pictures += 1;
      total += bytes ?? 0;
      if (bytes === null || pictures > maxPictures || total > maxBytes)
        await sightingMarks.release(db, transaction.of(imageTables), id);
    }
  }
}
