import { CronJob } from '../../core/runtime/cron-job.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox } from '../store/outbox.js';

/** Keeps the outbox within its budget, each minute, and says in the log what was evicted. */
export class OutboxKeeper implements Service {
  readonly name = 'outbox keeper';
  readonly #job: CronJob;
  #evicted: number | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly onEvicted: () => void,
    private readonly log: Logger,
  ) {
    this.#job = new CronJob({
      name: this.name,
      schedule: '30 * * * * *',
      work: () => this.keep(),
      failure: 'the outbox could not be kept in its budget',
      log,
    });
  }

  async start(): Promise<void> {
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  async keep(): Promise<void> {
    this.#evicted ??= (await this.outbox.state()).evicted;
    await this.outbox.trim();
    const { evicted, summaries } = await this.outbox.state();
    const since = evicted - this.#evicted;
    this.#evicted = evicted;
    if (since === 0) return;
    this.log.warn({ evicted: since, waiting: summaries }, 'the outbox is over its budget');
    this.onEvicted();
  }
}
