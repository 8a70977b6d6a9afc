import { statfs } from 'node:fs/promises';
import { ProblemError } from '../runtime/errors.js';

export interface DiskLimits {
  /** Bytes that originals and processed images may take together. */
  maxBytes: number;
  /** Bytes that stay free on the file system whatever the budget says. */
  minFreeBytes: number;
}

/** With fewer bytes free a disk is full, whatever the settings say: the database has to be written, too. */
const LEAST_FREE_BYTES = 1_000_000;
const MEASUREMENT_LIFETIME_MS = 2_000;

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * The one authority on disk space: what the images take, what they may take, what is free, and why the disk cannot be
 * written if it cannot. The image store asks it before it writes, the retention how much to remove, and health the reason.
 */
export class DiskBudget {
  /** Bytes that stay free on the file system. */
  readonly reserveBytes: number;
  #used = 0;
  #free = { bytes: Number.POSITIVE_INFINITY, at: Number.NEGATIVE_INFINITY };
  #writeFailure: string | undefined;

  /** `folder` lies on the file system in question. */
  constructor(
    private readonly folder: string,
    readonly limits: DiskLimits,
    private readonly measureFreeBytes = freeBytesOf,
  ) {
    this.reserveBytes = Math.max(limits.minFreeBytes, LEAST_FREE_BYTES);
  }

  get usedBytes(): number {
    return this.#used;
  }

  begin(usedBytes: number): void {
    this.#used = usedBytes;
  }

  add(bytes: number): void {
    this.#used += bytes;
    // Keeps the last measurement true until the next.
    this.#free.bytes -= bytes;
  }

  /** At most two seconds old. */
  async freeBytes(): Promise<number> {
    const age = performance.now() - this.#free.at;
    return age > MEASUREMENT_LIFETIME_MS ? this.measure() : this.#free.bytes;
  }

  /** Measures the free bytes now. */
  async measure(): Promise<number> {
    const bytes = await this.measureFreeBytes(this.folder);
    this.#free = { bytes, at: performance.now() };
    return bytes;
  }

  async report(): Promise<{ usedBytes: number; budgetBytes: number; freeBytes: number }> {
    const freeBytes = await this.freeBytes();
    return { usedBytes: this.#used, budgetBytes: this.limits.maxBytes, freeBytes };
  }

  /** Bytes that have to be removed before `more` fit into the budget and beside the reserve; 0 or less if they fit. */
  async excessBytes(more = 0): Promise<number> {
    const overBudget = this.#used + more - this.limits.maxBytes;
    return Math.max(overBudget, this.reserveBytes + more - (await this.freeBytes()));
  }

  /** Whether `more` bytes would exceed the budget or take from the reserve. */
  async isSpent(more = 0): Promise<boolean> {
    return (await this.excessBytes(more)) > 0;
  }

  /** Throws `disk_budget_spent` if `more` bytes do not fit. */
  async check(more: number): Promise<void> {
    if (await this.isSpent(more))
      throw new ProblemError(
        'disk_budget_spent',
        `The image store holds ${this.#used} of ${this.limits.maxBytes} bytes, or the disk is nearly full.`,
        { retryAfter: 60 },
      );
  }

  /** Why nothing can be stored; undefined if the last write succeeded, as far as is known. */
  get writeFailure(): string | undefined {
    return this.#writeFailure;
  }

  /** `reason` is a sentence for operators that names the disk. */
  writeFailed(reason: string): void {
    this.#writeFailure = reason;
  }

  writeSucceeded(): void {
    this.#writeFailure = undefined;
  }
}
