import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Analysis, EngineName } from '../../contract/detection.js';
import type { ProblemCode } from '../../contract/problem.js';
import { ProblemError } from '../../runtime/errors.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { AnalysisPlan, Detection, LabelledBox } from '../detection.js';
import type { CascadeFile, Job, JobKind, JobResult, Thumbnail } from '../protocol.js';
import { BoundedQueue } from './bounded-queue.js';
import { workerEnvironment } from './worker-environment.js';
import { WorkerHandle, WorkerUnreachable } from './worker-handle.js';
import { WorkerSupervisor } from './worker-supervisor.js';

export interface PoolOptions {
  log: Logger;
  /** Worker processes; one a core by default. */
  workers?: number;
  /** Jobs that wait, beside those that run, and the bytes of their images. */
  queueJobs?: number;
  queueBytes?: number;
  jobDeadlineMs?: number;
  handshakeDeadlineMs?: number;
  /** What running jobs get to end by themselves when the pool stops. */
  stopGraceMs?: number;
  restarts?: { count: number; windowMs: number };
  /** Images with more pixels are refused before they are decoded. */
  maxPixels?: number;
  /** Called after each job that was sent to a worker, for metrics. */
  onJob?: (record: JobRecord) => void;
}

export interface JobRecord {
  kind: Exclude<JobKind, 'ping'>;
  /** `failed` is a bug of ours. */
  outcome: 'done' | ProblemCode | 'failed';
  queueMs: number;
  /** From sending the job to having its result. */
  runMs: number;
  /** Of an analysis that was done. */
  decodeMs?: number;
  detectMs?: number;
  /** What an analysis searched with. */
  engines?: EngineName[];
}

export interface PoolStatus {
  /** `degraded`: a worker is missing until its restart is due; `unavailable`: all of them are. */
  state: 'ok' | 'degraded' | 'unavailable';
  /** Configured; `ready` answered their handshake; `busy` of these have a job. */
  workers: number;
  ready: number;
  busy: number;
  queued: number;
  /** Since the pool started. */
  restarts: number;
  /** Jobs that ended with a result or a reason, pings with a result only, since the pool started. */
  answers: number;
  openCvVersion: string | null;
  /** What the workers can search with. */
  engines: EngineName[];
  /** Process ids of the ready workers. */
  pids: number[];
}

interface Entry {
  job: Job;
  bytes: number;
  queuedAt: number;
  attempts: number;
  resolve(run: { result: JobResult; queueMs: number }): void;
  reject(error: unknown): void;
}

const RETRY_FULL_SECONDS = 2;

/**
 * Worker processes behind one bounded queue. A job that ends or stalls its worker fails alone; the worker
 * is replaced, at once where the pool ended it at the job's deadline. The pool never loads OpenCV.
 */
export class DetectionPool implements Detection, Service {
  readonly name = 'detection';
  readonly #size: number;
  readonly #stopGraceMs: number;
  readonly #onJob: (record: JobRecord) => void;
  readonly #queue: BoundedQueue<Entry>;
  readonly #supervisor: WorkerSupervisor;
  readonly #idle: WorkerHandle[] = [];
  readonly #running = new Set<Promise<void>>();
  #answers = 0;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#size = options.workers ?? availableParallelism();
    this.#stopGraceMs = options.stopGraceMs ?? 3_000;
    this.#onJob = options.onJob ?? (() => {});
    this.#queue = new BoundedQueue(options.queueJobs ?? 64, options.queueBytes ?? 64 * 1024 ** 2);
    const workerOptions = {
      environment: workerEnvironment(options.maxPixels ?? 50_000_000),
      handshakeDeadlineMs: options.handshakeDeadlineMs ?? 20_000,
      jobDeadlineMs: options.jobDeadlineMs ?? 10_000,
      log: options.log,
    };
    this.#supervisor = new WorkerSupervisor({
      size: this.#size,
      restarts: options.restarts ?? { count: 5, windowMs: 60_000 },
      createWorker: () => new WorkerHandle(workerOptions),
      log: options.log,
      onReady: (worker) => this.#release(worker),
      onEnded: (worker, remaining) => this.#forget(worker, remaining),
    });
  }

  /** Resolves when a first worker is ready. Throws StartError where OpenCV does not load. */
  async start(): Promise<void> {
    await this.#supervisor.start();
  }

  /** Refuses what waits, gives what runs a short grace, and ends the workers. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#queue.drain()) entry.reject(shuttingDown());
    await Promise.race([
      Promise.all(this.#running),
      delay(this.#stopGraceMs, undefined, { ref: false }),
    ]);
    await this.#supervisor.stop();
  }

  async analyse(bytes: Buffer, plan: AnalysisPlan): Promise<Analysis> {
    const { result, queueMs } = await this.#submit({ kind: 'analyse', bytes, plan }, bytes.length);
    const { decodeMs, detectMs, ...found } = result;
    return {
      ...found,
      detectors: plan.detectors.map(({ id, engine, parameters }) => ({ id, engine, parameters })),
      preparation: plan.preparation,
      times: {
        queueMs: rounded(queueMs),
        decodeMs: rounded(decodeMs),
        detectMs: rounded(detectMs),
      },
    };
  }

  /** The image in small, for a look at whether anything changed; it costs a small part of an analysis. */
  async thumbnail(bytes: Buffer, side: number): Promise<Thumbnail> {
    const { result } = await this.#submit({ kind: 'thumbnail', bytes, side }, bytes.length);
    return result;
  }

  async draw(bytes: Buffer, boxes: LabelledBox[]): Promise<Buffer> {
    const { result } = await this.#submit({ kind: 'draw', bytes, boxes }, bytes.length);
    return result;
  }

  /** Tries a cascade in a worker, and tells which engine serves it. Throws ProblemError where it does not load, or ends or stalls the worker. */
  async probe(cascade: CascadeFile): Promise<EngineName> {
    const { result } = await this.#submit({ kind: 'probe', cascade }, 0);
    return result;
  }

  /** Asks every worker that is free. Rejects where one does not answer, which is replaced as after a late job. */
  async ping(): Promise<void> {
    const asked = this.#idle.splice(0).map(
      (worker) =>
        new Promise((resolve, reject) => {
          const entry = { job: { kind: 'ping' } as const, bytes: 0, attempts: 1, resolve, reject };
          this.#give(worker, { ...entry, queuedAt: performance.now() });
        }),
    );
    await Promise.all(asked);
  }

  status(): PoolStatus {
    const { alive, ready, restarts, openCvVersion, engines } = this.#supervisor;
    return {
      state: alive === 0 ? 'unavailable' : alive < this.#size ? 'degraded' : 'ok',
      workers: this.#size,
      ready: ready.length,
      busy: this.#running.size,
      queued: this.#queue.length,
      restarts,
      answers: this.#answers,
      openCvVersion,
      engines,
      pids: ready,
    };
  }

  #submit<K extends JobKind>(
    job: Job<K>,
    bytes: number,
  ): Promise<{ result: JobResult<K>; queueMs: number }> {
    if (this.#stopped) throw shuttingDown();
    if (this.#supervisor.alive === 0) throw this.#unavailable();
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        job: job as Job,
        bytes,
        queuedAt: performance.now(),
        attempts: 0,
        // What a worker answers is of the kind that was asked for.
        resolve: resolve as Entry['resolve'],
        reject,
      };
      const worker = this.#idle.pop();
      if (worker) this.#give(worker, entry);
      else if (!this.#queue.push(entry, bytes)) reject(queueFull());
    });
  }

  #give(worker: WorkerHandle, entry: Entry): void {
    const running = this.#run(worker, entry).finally(() => {
      this.#running.delete(running);
      if (worker.alive) this.#release(worker);
    });
    this.#running.add(running);
  }

  async #run(worker: WorkerHandle, entry: Entry): Promise<void> {
    const { job, queuedAt } = entry;
    const sentAt = performance.now();
    const queueMs = sentAt - queuedAt;
    const record = (outcome: JobRecord['outcome'], result?: JobResult) => {
      if (job.kind !== 'ping' || result) this.#answers++;
      if (job.kind === 'ping') return;
      const times = typeof result === 'object' && 'decodeMs' in result ? pickTimes(result) : {};
      const runMs = performance.now() - sentAt;
      const searched = job.kind === 'analyse' && { engines: enginesOf(job.plan) };
      this.#onJob({ kind: job.kind, outcome, queueMs, runMs, ...times, ...searched });
    };
    try {
      const result = await worker.run(job);
      record('done', result);
      entry.resolve({ result, queueMs });
    } catch (error) {
      // The worker was gone before it got the job, which is no fault of the image.
      if (error instanceof WorkerUnreachable) return this.#retry(entry);
      record(error instanceof ProblemError ? error.code : 'failed');
      entry.reject(error);
    }
  }

  /** Once more and before all others; not twice. */
  #retry(entry: Entry): void {
    if (this.#stopped) entry.reject(shuttingDown());
    else if (entry.attempts++ > 0 || this.#supervisor.alive === 0)
      entry.reject(this.#unavailable());
    else {
      const worker = this.#idle.pop();
      if (worker) this.#give(worker, entry);
      else this.#queue.putBack(entry, entry.bytes);
    }
  }

  /** The worker is free: it takes the next job. */
  #release(worker: WorkerHandle): void {
    const next = this.#queue.shift();
    if (next) this.#give(worker, next);
    else this.#idle.push(worker);
  }

  #forget(worker: WorkerHandle, remaining: number): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    if (remaining > 0) return;
    // Nobody is there until the restart budget allows one: a quick answer beats a long wait.
    for (const entry of this.#queue.drain()) entry.reject(this.#unavailable());
  }

  #unavailable(): ProblemError {
    return new ProblemError('detection_unavailable', 'No detection worker is running.', {
      retryAfter: this.#supervisor.restartsInSeconds,
    });
  }
}

const enginesOf = ({ detectors }: AnalysisPlan): EngineName[] => [
  ...new Set(detectors.map(({ engine }) => engine)),
];

const pickTimes = ({ decodeMs, detectMs }: { decodeMs: number; detectMs: number }) => ({
  decodeMs,
  detectMs,
});

/** Hundredths of a millisecond are more than a clock shared with others is good for. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

const shuttingDown = () => new ProblemError('shutting_down', 'The service is stopping.');

const queueFull = () =>
  new ProblemError('queue_full', 'Too many images wait to be analysed.', {
    retryAfter: RETRY_FULL_SECONDS,
  });
