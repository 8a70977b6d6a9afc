import type { BytePath } from './byte-path.js';

/** Why a file in a watched folder is not taken. */
export type SkipReason =
  | 'otherExtension'
  | 'unreadable'
  | 'tooLarge'
  | 'linkElsewhere'
  | 'brokenLink'
  | 'notAnalysed'
  | 'tooManyFolders';

const MAX_PATHS = 10_000;

/** Remembers which files were skipped, and why; the oldest of very many are forgotten. */
export class SkippedFiles {
  readonly #reasons = new Map<BytePath, SkipReason>();

  /** False if it was known. */
  add(path: BytePath, reason: SkipReason): boolean {
    const isNew = this.#reasons.get(path) !== reason;
    this.#reasons.set(path, reason);
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size > MAX_PATHS && oldest !== undefined) this.#reasons.delete(oldest);
    return isNew;
  }

  delete(path: BytePath): void {
    this.#reasons.delete(path);
  }

  get counts(): Partial<Record<SkipReason, number>> {
    const counts: Partial<Record<SkipReason, number>> = {};
    for (const reason of this.#reasons.values()) counts[reason] = (counts[reason] ?? 0) + 1;
    return counts;
  }
}
