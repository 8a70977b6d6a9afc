import { CronJob } from '../../core/runtime/cron-job.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox } from '../store/outbox.js';

/** Trims the outbox to its budget each minute, and logs what was evicted, also by new summaries in between. */
export class OutboxTrimmer implements Service {
  readonly name = 'outbox trimmer';
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
      work: () => this.trim(),
      failure: 'the outbox could not be trimmed to its budget',
      log,
    });
  }

  async start(): Promise<void> {
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  async trim(): Promise<void> {
    this.#evicted ??= (await this.outbox.state()).evicted;
    await this.outbox.trim();
    const { evicted, summaries } = await this.outbox.state();
    const newlyEvicted = evicted - this.#evicted;
    this.#evicted = evicted;
    if (newlyEvicted === 0) return;
    this.log.warn(
      { evicted: newlyEvicted, waiting: summaries },
      'outbox over its budget; oldest summaries evicted',
    );
    this.onEvicted();
  }
}
