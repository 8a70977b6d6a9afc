import { setTimeout as delay } from 'node:timers/promises';
import type { Analysis } from '../contract/detection.js';
import type { Problem } from '../contract/problem.js';
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
 * Analyses the uploads whose clients did not wait. They are rows of the database, so work continues after a restart,
 * and their number is bounded by `MAX_PENDING`; their bytes are read just before the analysis. An image that cannot be
 * analysed fails with the reason; an error of the machine, the database or the bucket is retried.
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

  async checkLimit(): Promise<void> {
    if ((await imageTable.countPending(this.store.db)) >= MAX_PENDING)
      throw new ProblemError('queue_full', `${MAX_PENDING} images are pending already.`, {
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
        if (!isTransient(error))
          this.log.error({ err: error }, 'cannot analyse pending images; retrying');
        this.#woken = true;
        await delay(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
      }
    }
  }

  #analyse(row: ImageRow): Promise<void> {
    const { db, guard } = this.store;
    const { sha256, analysis_key: key } = row;
    return guard.use(sha256, async () => {
      const stored = await this.analyser.stored(key);
      const found = stored ? { analysis: stored } : await this.#search(row);
      if ('failure' in found) {
        await imageTable.takePending(db, key, JSON.stringify(found.failure));
        return;
      }
      await db.transaction().execute(async (transaction) => {
        // If the image was removed meanwhile, nothing would ever remove its analysis.
        const ids = await imageTable.takePending(transaction, key, null);
        if (ids.length === 0) return;
        await analysisTable.insert(transaction, key, sha256, found.analysis);
        await imageLabelTable.insert(transaction, ids);
      });
    });
  }

  /** Rejects if a retry may succeed. */
  async #search(row: ImageRow): Promise<{ analysis: Analysis } | { failure: Problem }> {
    const { id, sha256, analysis_key: key, plan } = row;
    const bytes = await this.#bytes(sha256);
    try {
      if (!bytes)
        throw new ProblemError(
          'analysis_failed',
          'The bytes of the image are missing or cannot be read.',
        );
      const current = this.#current(JSON.parse(plan ?? '') as AnalysisPlan);
      const { analysis } = await this.analyser.search(key, bytes, current);
      return { analysis };
    } catch (error) {
      if (isTransient(error)) throw error;
      if (!(error instanceof ProblemError))
        this.log.error({ err: error, image: id }, 'cannot analyse a pending image');
      return { failure: problemOf(error) };
    }
  }

  /** A disk error at one file is permanent; a bucket that does not respond may respond later. */
  async #bytes(sha256: string): Promise<Buffer | undefined> {
    try {
      return await this.store.originalBytes(sha256);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
      this.log.error({ err: error }, 'cannot read the bytes of a pending image');
      return undefined;
    }
  }

  /** The plan with the current paths of its cascades. One that has changed since the upload would give another result. */
  #current({ detectors, ...others }: AnalysisPlan): AnalysisPlan {
    const found = detectors.map((detector) => {
      const [now] = this.planner.plan({ detector: [detector.id] }).detectors;
      if (now?.sha256 !== detector.sha256)
        throw new ProblemError('analysis_failed', `The detector ${detector.id} has changed.`);
      return { ...detector, file: now.file };
    });
    return { ...others, detectors: found };
  }
}

/** Errors of this machine at this time, not of the image. */
const isTransient = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 503 || error.status === 507);
