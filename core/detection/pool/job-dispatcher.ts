import { ProblemError } from '../../runtime/errors.js';
import { type AnalysisPlan, type JobOrigin, OWN_ORIGIN } from '../detection.js';
import type { Job, JobKind, JobResult } from '../protocol.js';
import { JobQueue } from './job-queue.js';
import { enginesOf, type JobRecord, timesOf } from './job-record.js';
import { type PlanFor, type WorkerHandle, WorkerUnreachable } from './worker-handle.js';

export interface DispatcherOptions {
  /** Jobs that wait, beside those that run, and the bytes of their images. */
  queueJobs: number;
  queueBytes: number;
  /** Workers that are alive, including those that still start. */
  aliveWorkers(): number;
  /** Why a job is refused if no worker is alive. */
  unavailable(): ProblemError;
  onJob(record: JobRecord): void;
}

/** A job that a worker performed. */
export interface Run<K extends JobKind = JobKind> {
  result: JobResult<K>;
  queueMs: number;
  /** What the image was searched for; undefined if there was no search. */
  plan: AnalysisPlan | undefined;
}

/** Of a job: for whom it is, and the gate of an `analyseIf`. */
export interface JobTerms {
  origin: JobOrigin;
  planFor?: PlanFor;
}

interface Entry {
  job: Job;
  origin: JobOrigin;
  bytes: number;
  planFor: PlanFor | undefined;
  queuedAt: number;
  attempts: number;
  resolve(run: Run): void;
  reject(error: unknown): void;
}

const RETRY_FULL_SECONDS = 2;

/** Gives jobs to idle workers over one bounded queue that is fair to the jobs' origins. */
export class JobDispatcher {
  readonly #queue: JobQueue<Entry>;
  readonly #idle: WorkerHandle[] = [];
  readonly #running = new Set<Promise<void>>();
  #replies = 0;
  #stopped = false;

  constructor(private readonly options: DispatcherOptions) {
    this.#queue = new JobQueue(options.queueJobs, options.queueBytes);
  }

  get queued(): number {
    return this.#queue.length;
  }

  get busy(): number {
    return this.#running.size;
  }

  /** Jobs that ended with a result or a reason, pings with a result only. */
  get replies(): number {
    return this.#replies;
  }

  /** `bytes` count for the queue's limit. */
  submit<K extends JobKind>(
    job: Job<K>,
    bytes: number,
    { origin, planFor }: JobTerms,
  ): Promise<Run<K>> {
    if (this.#stopped) throw shuttingDown();
    if (this.options.aliveWorkers() === 0) throw this.options.unavailable();
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        job: job as Job,
        origin,
        bytes,
        planFor,
        queuedAt: performance.now(),
        attempts: 0,
        // A worker's result is of the kind of the job.
        resolve: resolve as Entry['resolve'],
        reject,
      };
      const worker = this.#idle.pop();
      if (worker) this.#give(worker, entry);
      else this.#enqueue(entry);
    });
  }

  #enqueue(entry: Entry): void {
    const { isTaken, displaced } = this.#queue.push(entry, entry.bytes, entry.origin);
    for (const other of displaced) other.reject(queueFull());
    if (!isTaken) entry.reject(queueFull());
  }

  /** Pings every idle worker. Rejects if one does not reply; that one is then replaced as after a late job. */
  async ping(): Promise<void> {
    const pings = this.#idle.splice(0).map(
      (worker) =>
        new Promise((resolve, reject) => {
          const job = { kind: 'ping' } as const;
          const queuedAt = performance.now();
          const own = { origin: OWN_ORIGIN, planFor: undefined };
          const entry = { job, bytes: 0, ...own, queuedAt, attempts: 1 };
          this.#give(worker, { ...entry, resolve, reject });
        }),
    );
    await Promise.all(pings);
  }

  /** The worker is free and takes the next job. */
  release(worker: WorkerHandle): void {
    const next = this.#queue.shift();
    if (next) this.#give(worker, next);
    else this.#idle.push(worker);
  }

  /** The worker ended. */
  remove(worker: WorkerHandle): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.options.aliveWorkers() > 0) return;
    // There is no worker until the restart budget allows one: a quick refusal is better than a long wait.
    for (const entry of this.#queue.drain()) entry.reject(this.options.unavailable());
  }

  /** Refuses queued and new jobs. Resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#queue.drain()) entry.reject(shuttingDown());
    await Promise.all(this.#running);
  }

  #give(worker: WorkerHandle, entry: Entry): void {
    const running = this.#run(worker, entry).finally(() => {
      this.#running.delete(running);
      if (worker.alive) this.release(worker);
    });
    this.#running.add(running);
  }

  async #run(worker: WorkerHandle, entry: Entry): Promise<void> {
    const { job, origin, queuedAt, planFor } = entry;
    const sentAt = performance.now();
    this.#queue.begin(origin);
    const queueMs = sentAt - queuedAt;
    let plan: AnalysisPlan | undefined = job.kind === 'analyse' ? job.plan : undefined;
    const record = (outcome: JobRecord['outcome'], result?: JobResult) => {
      if (job.kind !== 'ping' || result) this.#replies++;
      if (job.kind === 'ping') return;
      const runMs = performance.now() - sentAt;
      const searched = plan && { engines: enginesOf(plan) };
      const { kind } = job;
      const times = { queueMs, runMs, ...timesOf(result) };
      this.options.onJob({ kind, origin, outcome, ...times, ...searched });
    };
    try {
      const result = await worker.run(job, async (thumbnail) => {
        plan = await planFor?.(thumbnail);
        return plan;
      });
      record('done', result);
      entry.resolve({ result, queueMs, plan });
    } catch (error) {
      // The worker was gone before it got the job, which is not the image's fault.
      if (error instanceof WorkerUnreachable) return this.#retry(entry);
      record(error instanceof ProblemError ? error.code : 'failed');
      entry.reject(error);
    } finally {
      this.#queue.end(origin, performance.now() - sentAt);
    }
  }

  /** Once more, before all other jobs; not twice. */
  #retry(entry: Entry): void {
    const { aliveWorkers, unavailable } = this.options;
    if (this.#stopped) entry.reject(shuttingDown());
    else if (entry.attempts++ > 0 || aliveWorkers() === 0) entry.reject(unavailable());
    else {
      const worker = this.#idle.pop();
      if (worker) this.#give(worker, entry);
      else this.#queue.putBack(entry, entry.bytes);
    }
  }
}

const shuttingDown = () => new ProblemError('shutting_down', 'The service is stopping.');

const queueFull = () =>
  new ProblemError('queue_full', 'Too many images wait to be analysed.', {
    retryAfter: RETRY_FULL_SECONDS,
  });
