import { setTimeout as delay } from 'node:timers/promises';
import type { AnalysisPlan, Planner } from '../detection/detection.js';
import { problemOf } from '../http/problems.js';
import { ProblemError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { Analyser } from './analyser.js';
import { analysisTable } from './analysis-table.js';
import { imageLabelTable } from './image-label-table.js';
import type { ImageStore } from './image-store.js';
import { imageTable } from './image-table.js';
import type { ImageRow } from './tables.js';

const AT_ONCE = 2;
const MAX_PENDING = 1_000;
const RETRY_MS = 1_000;

/**
 * Works off the uploads that did not want to wait. They are rows of the database, so a restart goes on where it
 * was, and their number is bounded by `MAX_PENDING`; their bytes are read when their turn comes.
 */
export class PendingAnalyses implements Service {
  readonly name = 'pending-analyses';
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #woken = false;

  constructor(
    private readonly store: ImageStore,
    private readonly analyser: Analyser,
    private readonly planner: Planner,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async checkRoom(): Promise<void> {
    if ((await imageTable.countPending(this.store.db)) >= MAX_PENDING)
      throw new ProblemError('queue_full', `${MAX_PENDING} images are waiting already.`, {
        retryAfter: 5,
      });
  }

  wake(): void {
    this.#woken = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#woken && !this.#stopped.signal.aborted) {
      this.#woken = false;
      try {
        const rows = await imageTable.pending(this.store.db, AT_ONCE);
        if (rows.length === 0) continue;
        this.#woken = true;
        await Promise.all(rows.map((row) => this.#analyse(row)));
      } catch (error) {
        if (!isPassing(error)) this.log.error({ err: error }, 'waiting images cannot be analysed');
        this.#woken = true;
        await delay(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
      }
    }
  }

  async #analyse({ sha256, analysis_key: key, plan }: ImageRow): Promise<void> {
    const { db } = this.store;
    const bytes = await this.store.originalBytes(sha256);
    try {
      if (!bytes) throw new ProblemError('analysis_failed', 'Its bytes are gone.');
      const current = this.#current(JSON.parse(plan ?? '') as AnalysisPlan);
      const { analysis } = await this.analyser.analyse(key, bytes, current);
      await db.transaction().execute(async (transaction) => {
        await analysisTable.insert(transaction, key, sha256, analysis);
        await imageLabelTable.insertPending(transaction, key);
        await imageTable.settle(transaction, key, null);
      });
    } catch (error) {
      if (!(error instanceof ProblemError) || isPassing(error)) throw error;
      await imageTable.settle(db, key, JSON.stringify(problemOf(error)));
    }
  }

  /** The plan with its cascades where they are now. One that has changed since the upload would give another result. */
  #current({ detectors, preparation }: AnalysisPlan): AnalysisPlan {
    const found = detectors.map((detector) => {
      const [now] = this.planner.plan({ detector: [detector.id] }).detectors;
      if (now?.sha256 !== detector.sha256)
        throw new ProblemError('analysis_failed', `The detector ${detector.id} has changed.`);
      return { ...detector, file: now.file };
    });
    return { detectors: found, preparation };
  }
}

/** Reasons that lie with this machine at this moment, not with the image. */
const isPassing = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 503 || error.status === 507);
