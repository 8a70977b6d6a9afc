import { ProblemError } from '../../runtime/errors.js';
import { bytesText } from '../models/bytes-text.js';
import type { ModelFolder } from '../models/model-folder.js';

/** Limits on all detectors that were added to a data folder. */
export interface AddedLimits {
  /** As many as the catalog reads. */
  count: number;
  bytes: number;
}

const LIMITS: AddedLimits = { count: 64, bytes: 4 * 1024 ** 3 };

/** Throws `disk_budget_spent` if a file of this size is beyond the limits. One with the same id is replaced. */
export async function requireRoom(
  folder: ModelFolder,
  { id, bytes }: { id: string; bytes: number },
  limits: Partial<AddedLimits> = {},
): Promise<void> {
  const most = { ...LIMITS, ...limits };
  const others = (await folder.list()).filter((one) => one.id !== id);
  const sum = others.reduce((total, one) => total + one.bytes, bytes);
  if (others.length >= most.count)
    throw new ProblemError(
      'disk_budget_spent',
      `${most.count} detectors were added, which is the limit. Remove one first.`,
    );
  if (sum > most.bytes)
    throw new ProblemError(
      'disk_budget_spent',
      `The files of added detectors may have ${bytesText(most.bytes)} in all. Remove one first.`,
    );
}
