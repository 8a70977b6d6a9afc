import { Worker } from 'node:worker_threads';
import type Sqlite from 'better-sqlite3';
import { messageOf } from '../runtime/errors.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';

const THREAD = new URL('./checkpoint-thread.js', import.meta.url);
const EVERY_MS = 500;
/** Pages in the write-ahead log that are not in the database yet. */
const DUE_PAGES = 1_000;
/** SQLite then does it itself within a commit: if the thread fails, or a long read keeps it from ending. */
const FALLBACK_PAGES = 4_000;
/** An idle thread takes memory. */
const IDLE_MS = 30_000;
const LOG_EVERY_MS = 600_000;

interface CheckpointState {
  log: number;
  checkpointed: number;
}

/**
 * Writes the write-ahead log into the database in a thread. SQLite would do that within a commit, which then takes as
 * long as the disk needs for a thousand pages, and keeps the whole process waiting.
 */
export class Checkpointer {
  #timer: NodeJS.Timeout | undefined;
  #thread: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isRunning = false;
  #usedAt = 0;
  readonly #failures = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly file: string,
    private readonly sqlite: Sqlite.Database,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.sqlite.pragma(`wal_autocheckpoint = ${FALLBACK_PAGES}`);
    this.#timer = setInterval(() => this.#check(), EVERY_MS).unref();
  }

  /** The thread's connection has to be closed before the last one, which removes the log. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#endThread();
  }

  #check(): void {
    if (this.#isRunning || !this.sqlite.open || this.sqlite.inTransaction) return;
    if (this.#pages() >= DUE_PAGES) this.#checkpoint();
    else if (this.#thread && performance.now() - this.#usedAt > IDLE_MS) void this.#endThread();
  }

  #pages(): number {
    try {
      const [state] = this.sqlite.pragma('wal_checkpoint(NOOP)') as CheckpointState[];
      return state ? state.log - state.checkpointed : 0;
    } catch {
      // What is wrong with the database shows when it is used.
      return 0;
    }
  }

  #checkpoint(): void {
    this.#isRunning = true;
    this.#usedAt = performance.now();
    this.#thread ??= this.#startThread();
    this.#thread.postMessage('checkpoint');
  }

  #startThread(): Worker {
    const thread = new Worker(THREAD, {
      workerData: this.file,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    thread.unref();
    thread.on('message', (error: string | undefined) => this.#done(error));
    thread.on('error', (error) => this.#done(messageOf(error)));
    thread.once('exit', () => {
      this.#isRunning = false;
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  #done(error: string | undefined): void {
    this.#isRunning = false;
    if (error !== undefined && this.#failures.isDue(''))
      this.log.warn(
        { file: this.file, error },
        'write-ahead log cannot be checkpointed in a thread',
      );
  }

  /** Resolves once no thread is left, also if one was ending already. */
  #endThread(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return this.#ended;
    this.#thread = undefined;
    this.#ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    thread.ref();
    thread.postMessage('end');
    return this.#ended;
  }
}
