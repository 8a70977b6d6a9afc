import type { Probe } from '../../runtime/watchdog.js';
import type { DetectionPool } from './detection-pool.js';

export interface DetectionProbeOptions {
  pool: Pick<DetectionPool, 'status' | 'ping'>;
  /** What a job may take. */
  jobDeadlineMs: number;
  now?: () => number;
}

/** A job that is late ends with its worker, and the next one starts: all that within a minute. */
const RENEWAL_MS = 60_000;
/** The pool starts workers by itself, as often as its restart budget allows. */
const WITHOUT_WORKERS_MS = 10 * 60_000;

/**
 * Workers answer: jobs end, as they should or by their deadline, and where there are none a ping does. Workers that keep
 * ending are the pool's to replace, for ten minutes.
 */
export class DetectionProbe implements Probe {
  readonly name = 'detection';
  readonly #now: () => number;
  #answers = -1;
  #answeredAt = 0;
  #readyAt = 0;

  constructor(private readonly options: DetectionProbeOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  check(): string | undefined {
    const { pool, jobDeadlineMs } = this.options;
    const { answers, ready } = pool.status();
    const now = this.#now();
    if (this.#answers < 0) this.#readyAt = now;
    if (ready > 0) this.#readyAt = now;
    if (answers !== this.#answers || ready === 0) this.#answeredAt = now;
    this.#answers = answers;
    // One that does not answer is replaced; whether any does is seen the next time.
    void pool.ping().catch(() => undefined);
    if (now - this.#readyAt > WITHOUT_WORKERS_MS)
      return `no detection worker has been ready for ${minutes(now - this.#readyAt)} min`;
    if (now - this.#answeredAt > jobDeadlineMs + RENEWAL_MS)
      return `no detection worker has answered for ${minutes(now - this.#answeredAt)} min`;
    return undefined;
  }
}

const minutes = (ms: number): string => (ms / 60_000).toFixed(1);
