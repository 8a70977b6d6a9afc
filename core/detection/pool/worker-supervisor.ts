import type { EngineName } from '../../contract/detection.js';
import { messageOf } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { SandboxState } from '../../runtime/sandbox/sandbox-state.js';
import { RestartBudget } from './restart-budget.js';
import type { WorkerHandle } from './worker-handle.js';

export interface SupervisorOptions {
  size: number;
  restarts: { count: number; windowMs: number };
  createWorker: () => WorkerHandle;
  log: Logger;
  onReady: (worker: WorkerHandle) => void;
  /** A worker ended. It no longer counts as alive. */
  onEnded: (worker: WorkerHandle) => void;
}

/** Keeps a number of workers alive, within a restart budget for those that end unexpectedly. */
export class WorkerSupervisor {
  readonly #options: SupervisorOptions;
  readonly #budget: RestartBudget;
  readonly #alive = new Set<WorkerHandle>();
  /** Those that completed their handshake, with their process ids. */
  readonly #ready = new Map<WorkerHandle, number>();
  /** Restarts that wait for the budget, with the time when each is due. */
  readonly #due = new Map<NodeJS.Timeout, number>();
  #restarts = 0;
  #engines: EngineName[] = [];
  #sandbox: SandboxState | undefined;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { count, windowMs } = options.restarts;
    this.#budget = new RestartBudget(count, windowMs);
  }

  get alive(): number {
    return this.#alive.size;
  }

  /** Process ids of those that completed their handshake. */
  get ready(): number[] {
    return [...this.#ready.values()];
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** What the workers can search with; known once the first of them is ready. */
  get engines(): EngineName[] {
    return this.#engines;
  }

  /** What holds the workers back; known once the first of them is ready. */
  get sandbox(): SandboxState | undefined {
    return this.#sandbox;
  }

  /** Seconds until the next worker is due, rounded up; at least 1. */
  get restartsInSeconds(): number {
    const next = Math.min(...this.#due.values());
    return Number.isFinite(next) ? Math.max(1, Math.ceil((next - performance.now()) / 1000)) : 1;
  }

  /** Resolves when a first worker is ready. Throws the StartError of the first one if none gets ready. */
  async start(): Promise<void> {
    const launches = Array.from({ length: this.#options.size }, () => this.#launch());
    try {
      await Promise.any(launches);
    } catch (error) {
      await this.stop();
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  /** Kills the workers, busy or not. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#due.keys()) clearTimeout(timer);
    this.#due.clear();
    const ends = [...this.#alive].map((worker) => worker.ended);
    for (const worker of this.#alive) worker.kill();
    await Promise.all(ends);
  }

  async #launch(): Promise<void> {
    const worker = this.#options.createWorker();
    this.#alive.add(worker);
    void worker.ended.then((how) => this.#onEnded(worker, how));
    const { engines, pid, sandbox } = await worker.start();
    this.#engines = engines;
    this.#noteSandbox(sandbox);
    this.#ready.set(worker, pid);
    this.#options.onReady(worker);
  }

  /** Once: it is the same for all workers. */
  #noteSandbox(sandbox: SandboxState): void {
    const { missing } = sandbox;
    if (!this.#sandbox && missing.length > 0)
      this.#options.log.warn({ missing }, 'the sandbox of the detection workers is incomplete');
    this.#sandbox = sandbox;
  }

  #onEnded(worker: WorkerHandle, how: string): void {
    this.#alive.delete(worker);
    this.#ready.delete(worker);
    if (!this.#stopped) this.#replace(worker, how);
    this.#options.onEnded(worker);
  }

  #replace(worker: WorkerHandle, how: string): void {
    const { log } = this.#options;
    if (worker.wasLate) {
      // The deadline already limits how often this happens. If it counted, a few slow images would stop all detection.
      log.warn('detection worker killed at its deadline; restarting');
      this.#relaunch();
      return;
    }
    const waitMs = this.#budget.book(performance.now());
    if (waitMs === 0) {
      log.warn({ how }, 'detection worker ended; restarting');
      this.#relaunch();
      return;
    }
    log.error({ how, waitMs }, 'detection workers end too often; restart delayed');
    const timer = setTimeout(() => {
      this.#due.delete(timer);
      this.#relaunch();
    }, waitMs);
    this.#due.set(timer, performance.now() + waitMs);
  }

  #relaunch(): void {
    this.#restarts++;
    this.#launch().catch((error: unknown) => {
      if (!this.#stopped)
        this.#options.log.error({ error: messageOf(error) }, 'detection worker did not start');
    });
  }
}
