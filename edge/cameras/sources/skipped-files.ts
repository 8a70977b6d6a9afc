import type { BytePath } from './byte-path.js';

/** Why a file in a watched folder is not taken. */
export type SkipReason =
  | 'otherExtension'
  | 'unreadable'
  | 'empty'
  | 'tooLarge'
  | 'linkElsewhere'
  | 'brokenLink'
  | 'notAFile'
  | 'notAnalysed'
  | 'tooDeep'
  | 'tooManyFolders';

const MAX_PATHS = 10_000;

/** Remembers which files were skipped, and why; the oldest of very many are forgotten. */
export class SkippedFiles {
  readonly #reasons = new Map<BytePath, SkipReason>();

  add(path: BytePath, reason: SkipReason): void {
    this.#reasons.set(path, reason);
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size > MAX_PATHS && oldest !== undefined) this.#reasons.delete(oldest);
  }

  delete(path: BytePath): void {
    this.#reasons.delete(path);
  }

  /** The next paths in turn: they may be gone. */
  next(count: number): BytePath[] {
    const next = [...this.#reasons].slice(0, count);
    for (const [path, reason] of next) {
      this.#reasons.delete(path);
      this.#reasons.set(path, reason);
    }
    return next.map(([path]) => path);
  }

  get counts(): Partial<Record<SkipReason, number>> {
    const counts: Partial<Record<SkipReason, number>> = {};
    for (const reason of this.#reasons.values()) counts[reason] = (counts[reason] ?? 0) + 1;
    return counts;
  }
}
