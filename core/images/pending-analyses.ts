import { setTimeout as delay } from 'node:timers/promises';
import type { Analysis } from '../contract/detection.js';
import type { Problem } from '../contract/problem.js';
import type { AnalysisPlan, JobOrigin, Planner } from '../detection/detection.js';
import { problemOf } from '../http/problems.js';
import { ProblemError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { Analyser } from './analyser.js';
import { analysisTable } from './analysis-table.js';
import { imageLabelTable } from './image-label-table.js';
import type { ImageStore } from './image-store.js';
import { imageTable } from './image-table.js';
import { PendingTurns } from './pending-turns.js';
import type { ImageRow } from './tables.js';

const AT_ONCE = 2;
const MAX_PENDING = 1_000;
/** Of one client. */
const MAX_PENDING_EACH = 250;
const RETRY_MS = 1_000;

/**
 * Analyses the uploads whose clients did not wait. They are rows of the database, so work continues after a restart,
 * and their number is bounded by `MAX_PENDING`, that of one client by `MAX_PENDING_EACH`. Clients have turns. Bytes are
 * read just before their analysis. An image that cannot be analysed fails with the reason; an error of the machine, the
 * database or the bucket is retried.
 */
export class PendingAnalyses implements Service {
  readonly name = 'pending-analyses';
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #woken = false;
  readonly #turns = new PendingTurns();

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

  async checkLimit(client: JobOrigin): Promise<void> {
    if (this.#turns.countOf(client) >= MAX_PENDING_EACH)
      throw new ProblemError('queue_full', `${MAX_PENDING_EACH} images of yours are pending.`, {
        retryAfter: 5,
      });
    if ((await imageTable.countPending(this.store.db)) >= MAX_PENDING)
      throw new ProblemError('queue_full', `${MAX_PENDING} images are pending already.`, {
        retryAfter: 5,
      });
  }

  /** An image was stored, to be analysed for its client. */
  add(image: string, client: JobOrigin): void {
    this.#turns.add(image, client);
    this.wake();
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
        const rows = await this.#next();
        if (rows.length === 0) continue;
        this.#woken = true;
        await Promise.all(rows.map((row) => this.#analyse(row)));
        for (const { id } of rows) this.#turns.end(id);
      } catch (error) {
        if (!isTransient(error))
          this.log.error({ err: error }, 'cannot analyse pending images; retrying');
        this.#woken = true;
        await delay(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
      }
    }
  }

  /** The oldest image, and that of the client whose turn it is. */
  async #next(): Promise<ImageRow[]> {
    const { db } = this.store;
    const turn = await this.#turn();
    const oldest = await imageTable.pending(db, AT_ONCE);
    const others = oldest.filter(({ id }) => id !== turn?.id);
    return (turn ? [turn, ...others] : others).slice(0, AT_ONCE);
  }

  async #turn(): Promise<ImageRow | undefined> {
    for (let image = this.#turns.next(); image !== undefined; image = this.#turns.next()) {
      const [row] = await imageTable.pendingOf(this.store.db, [image]);
      if (row) return row;
      // Removed meanwhile, or analysed with another one of the same bytes.
      this.#turns.end(image);
    }
    return undefined;
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
    const client = this.#turns.clientOf(id);
    const bytes = await this.#bytes(sha256);
    try {
      if (!bytes)
        throw new ProblemError(
          'analysis_failed',
          'The bytes of the image are missing or cannot be read.',
        );
      const current = this.#current(JSON.parse(plan ?? '') as AnalysisPlan);
      const { analysis } = await this.analyser.search(key, bytes, current, client);
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

  /**
   * The plan with the current paths of its cascades. One that has changed since the upload would give another result.
   */
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
