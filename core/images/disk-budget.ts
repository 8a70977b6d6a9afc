import { statfs } from 'node:fs/promises';
import { ProblemError } from '../runtime/errors.js';

export interface DiskLimits {
  /** Bytes that originals and processed images may take together. */
  maxBytes: number;
  /** Bytes that stay free on the file system whatever the budget says. */
  minFreeBytes: number;
}

const FREE_SPACE_LIFETIME_MS = 2_000;

/** Counts what the image store takes, and refuses more than it may. */
export class DiskBudget {
  #used = 0;
  #free = { bytes: Number.POSITIVE_INFINITY, at: 0 };

  constructor(
    private readonly folder: string,
    readonly limits: DiskLimits,
  ) {}

  get usedBytes(): number {
    return this.#used;
  }

  begin(usedBytes: number): void {
    this.#used = usedBytes;
  }

  add(bytes: number): void {
    this.#used += bytes;
    // What the file system said last is kept true in between.
    this.#free.bytes -= bytes;
  }

  async freeBytes(): Promise<number> {
    const now = performance.now();
    if (this.#free.at === 0 || now - this.#free.at > FREE_SPACE_LIFETIME_MS) {
      const { bavail, bsize } = await statfs(this.folder);
      this.#free = { bytes: bavail * bsize, at: now };
    }
    return this.#free.bytes;
  }

  async report(): Promise<{ usedBytes: number; budgetBytes: number; freeBytes: number }> {
    const freeBytes = await this.freeBytes();
    return { usedBytes: this.#used, budgetBytes: this.limits.maxBytes, freeBytes };
  }

  /** Whether so many bytes more would go over the budget or the file system's reserve. */
  async isSpent(more = 0): Promise<boolean> {
    if (this.#used + more > this.limits.maxBytes) return true;
    return (await this.freeBytes()) - more < this.limits.minFreeBytes;
  }

  async check(more: number): Promise<void> {
    if (await this.isSpent(more))
      throw new ProblemError(
        'disk_budget_spent',
        `The image store holds ${this.#used} of ${this.limits.maxBytes} bytes, or the disk is nearly full.`,
        { retryAfter: 60 },
      );
  }
}
