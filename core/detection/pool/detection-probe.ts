import type { Probe } from '../../runtime/watchdog.js';
import type { DetectionPool } from './detection-pool.js';

export interface DetectionProbeOptions {
  pool: Pick<DetectionPool, 'status' | 'ping'>;
  /** Longest time that a job may take. */
  jobDeadlineMs: number;
  now?: () => number;
}

/** Time to end a late job with its worker and to start the next worker. */
const RENEWAL_MS = 60_000;
/** The pool restarts workers automatically, as often as its restart budget allows. */
const WITHOUT_WORKERS_MS = 10 * 60_000;

/**
 * Checks that workers reply: jobs end, with a result or at their deadline, and without jobs a ping does. Workers that
 * keep ending are left to the pool for ten minutes.
 */
export class DetectionProbe implements Probe {
  readonly name = 'detection';
  readonly #now: () => number;
  #replies = -1;
  #repliedAt = 0;
  #readyAt = 0;

  constructor(private readonly options: DetectionProbeOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  check(): string | undefined {
    const { pool, jobDeadlineMs } = this.options;
    const { replies, ready } = pool.status();
    const now = this.#now();
    if (this.#replies < 0) this.#readyAt = now;
    if (ready > 0) this.#readyAt = now;
    if (replies !== this.#replies || ready === 0) this.#repliedAt = now;
    this.#replies = replies;
    // A worker that does not reply is replaced. The next check sees whether any replied.
    void pool.ping().catch(() => undefined);
    if (now - this.#readyAt > WITHOUT_WORKERS_MS)
      return `no detection worker has been ready for ${minutes(now - this.#readyAt)} min`;
    if (now - this.#repliedAt > jobDeadlineMs + RENEWAL_MS)
      return `no detection worker has answered for ${minutes(now - this.#repliedAt)} min`;
    return undefined;
  }
}

const minutes = (ms: number): string => (ms / 60_000).toFixed(1);
