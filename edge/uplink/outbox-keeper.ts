import { createTask, type ScheduledTask } from 'node-cron';
import { cronLogger } from '../../core/runtime/cron-logger.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox } from '../store/outbox.js';

/** Keeps the outbox within its budget, each minute, and says in the log what was evicted. */
export class OutboxKeeper implements Service {
  readonly name = 'outbox keeper';
  #task: ScheduledTask | undefined;
  #evicted: number | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly onEvicted: () => void,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.#task = createTask('30 * * * * *', () => this.keep(), {
      name: this.name,
      noOverlap: true,
      logger: cronLogger(this.log),
    });
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
  }

  async keep(): Promise<void> {
    try {
      this.#evicted ??= (await this.outbox.state()).evicted;
      await this.outbox.trim();
      const { evicted, summaries } = await this.outbox.state();
      const since = evicted - this.#evicted;
      this.#evicted = evicted;
      if (since === 0) return;
      this.log.warn({ evicted: since, waiting: summaries }, 'the outbox is over its budget');
      this.onEvicted();
    } catch (error) {
      this.log.error({ error: messageOf(error) }, 'the outbox could not be kept in its budget');
    }
  }
}
