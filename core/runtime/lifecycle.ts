import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** A part that starts and stops with the process. Constructors only assign; these methods do the work. */
export interface Service {
  readonly name: string;
  start?(): Promise<void>;
  /** Is also called after a start that failed. */
  stop?(): Promise<void>;
}

/** A fault that ends with a restart of all services in the same process. */
export interface Restart {
  /** Why; undefined while there is no such fault. */
  readonly reason: string | undefined;
  /** Resolves when the services must restart. */
  readonly due: Promise<void>;
}

/** Due as soon as one of them is. */
export const firstRestart = (...restarts: Restart[]): Restart => ({
  due: Promise.race(restarts.map(({ due }) => due)),
  get reason() {
    return restarts.map(({ reason }) => reason).find((reason) => reason !== undefined);
  },
});

/** Starts services in order and stops them in reverse, under a deadline. */
export class Lifecycle {
  readonly #started: Service[] = [];
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly services: Service[],
    private readonly log: Logger,
    private readonly stopDeadlineMs = 10_000,
  ) {}

  async start(): Promise<void> {
    for (const service of this.services) {
      if (this.#stopping) return;
      this.#started.push(service);
      try {
        await service.start?.();
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    // The timer keeps the process running until the last service has stopped.
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      deadline = setTimeout(() => resolve('late'), this.stopDeadlineMs);
    });
    for (const service of this.#started.splice(0).reverse()) {
      const ended = Promise.resolve(service.stop?.()).then(
        () => 'ended' as const,
        (error: unknown) => {
          this.log.error(
            { service: service.name, error: messageOf(error) },
            'service failed to stop',
          );
          return 'ended' as const;
        },
      );
      if ((await Promise.race([ended, late])) === 'late')
        this.log.error({ service: service.name }, 'service did not stop before the deadline');
    }
    clearTimeout(deadline);
  }
}

/** Resolves with the name of the signal that stops the process. A second signal ends the process at once. */
export function terminationSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
    }
  });
}
