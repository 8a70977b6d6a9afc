/** An overdue record goes again after 40 s at most, and the relay answers; after this it is silent instead. */
const REPORTED_MS = 120_000;

/**
 * Which summary the relay holds back last, because the site is beyond its budget there. Times are milliseconds of any
 * one steady clock.
 */
export class HeldBack {
  #last: { epoch: string; seq: number; at: number } | undefined;

  constructor(private readonly now = () => performance.now()) {}

  /** The numbers that an acknowledgement names. */
  named(epoch: string, seqs: readonly number[]): void {
    if (seqs.length > 0) this.#last = { epoch, seq: Math.min(...seqs), at: this.now() };
  }

  /** Why summaries wait, until the relay has stored the one that it held back. */
  problem(epoch: string, acked: number): string | undefined {
    const last = this.#last;
    if (!last || last.epoch !== epoch || last.seq <= acked) return undefined;
    if (this.now() - last.at >= REPORTED_MS) return undefined;
    return `the relay holds back summary ${last.seq} and others: the site is beyond its budget there (siteBudgets); they are sent again`;
  }
}
