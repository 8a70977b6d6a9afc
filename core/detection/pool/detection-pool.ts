import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Analysis, AppliedDetector, EngineName } from '../../contract/detection.js';
import { ProblemError } from '../../runtime/errors.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { SandboxState } from '../../runtime/sandbox/sandbox-state.js';
import {
  type AnalysisPlan,
  type DetectionBackend,
  isModel,
  type JobOrigin,
  type LabelledBox,
  OWN_ORIGIN,
  type PlannedDetector,
  type SearchGate,
} from '../detection.js';
import type { Findings, ProbeResult, ProbeResultOf, ProbeSubject } from '../protocol.js';
import { JobDispatcher } from './job-dispatcher.js';
import type { JobRecord } from './job-record.js';
import { workerEnvironment } from './worker-environment.js';
import { WorkerHandle } from './worker-handle.js';
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
  /** Time that running jobs have to end when the pool stops. */
  stopGraceMs?: number;
  restarts?: { count: number; windowMs: number };
  /** Images with more pixels are refused before they are decoded. */
  maxPixels?: number;
  /** Called after each job that was sent to a worker, for metrics. */
  onJob?: (record: JobRecord) => void;
}

export interface PoolStatus {
  /** `degraded`: a worker is missing until its restart is due; `unavailable`: all of them are. */
  state: 'ok' | 'degraded' | 'unavailable';
  /** Configured; `ready` completed their handshake; `busy` of these have a job. */
  workers: number;
  ready: number;
  busy: number;
  queued: number;
  /** Since the pool started. */
  restarts: number;
  /** Jobs that ended with a result or a reason, pings with a result only, since the pool started. */
  replies: number;
  /** What the workers can search with. */
  engines: EngineName[];
  /** Process ids of the ready workers. */
  pids: number[];
  /** What holds the workers back; known once one of them has been ready. */
  sandbox: SandboxState | undefined;
}

/**
 * Worker processes behind one bounded queue, which is fair to those whose jobs they are. A job that ends or stalls its
 * worker fails alone; the worker is replaced, at once if the pool ended it at the job's deadline. The pool never loads
 * OpenCV.
 */
export class DetectionPool implements DetectionBackend, Service {
  readonly name = 'detection';
  readonly #size: number;
  readonly #stopGraceMs: number;
  readonly #supervisor: WorkerSupervisor;
  readonly #jobs: JobDispatcher;

  constructor(options: PoolOptions) {
    this.#size = options.workers ?? availableParallelism();
    this.#stopGraceMs = options.stopGraceMs ?? 3_000;
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
      onReady: (worker) => this.#jobs.release(worker),
      onEnded: (worker) => this.#jobs.remove(worker),
    });
    this.#jobs = new JobDispatcher({
      queueJobs: options.queueJobs ?? 64,
      queueBytes: options.queueBytes ?? 64 * 1024 ** 2,
      aliveWorkers: () => this.#supervisor.alive,
      unavailable: () => this.#unavailable(),
      onJob: options.onJob ?? (() => {}),
    });
  }

  /** Resolves when a first worker is ready. Throws StartError if the decoder does not load. */
  async start(): Promise<void> {
    await this.#supervisor.start();
  }

  /** Refuses queued jobs, gives running ones a short time to end, and ends the workers. */
  async stop(): Promise<void> {
    await Promise.race([this.#jobs.stop(), delay(this.#stopGraceMs, undefined, { ref: false })]);
    await this.#supervisor.stop();
  }

  async analyse(bytes: Buffer, plan: AnalysisPlan, origin = OWN_ORIGIN): Promise<Analysis> {
    const job = { kind: 'analyse', bytes, plan } as const;
    const { result, queueMs } = await this.#jobs.submit(job, bytes.length, { origin });
    return analysisOf(result, plan, queueMs);
  }

  async analyseIf(
    bytes: Buffer,
    gate: SearchGate,
    origin?: JobOrigin,
  ): Promise<Analysis | undefined> {
    const { side, acceptDamaged = false } = gate;
    const job = { kind: 'analyseIf', bytes, side, acceptDamaged } as const;
    const { result, queueMs, plan } = await this.#jobs.submit(job, bytes.length, {
      origin: origin ?? OWN_ORIGIN,
      planFor: (thumbnail) => gate.planFor(thumbnail),
    });
    return result && plan ? analysisOf(result, plan, queueMs) : undefined;
  }

  async draw(
    bytes: Buffer,
    boxes: LabelledBox[],
    origin = OWN_ORIGIN,
    width?: number,
  ): Promise<Buffer> {
    const job = { kind: 'draw', bytes, boxes, ...(width !== undefined && { width }) } as const;
    const { result } = await this.#jobs.submit(job, bytes.length, { origin });
    return result;
  }

  /**
   * Tries a cascade or model in a worker. Throws ProblemError if it does not load, or
   * ends or stalls the worker.
   */
  async probe<S extends ProbeSubject>(subject: S): Promise<ProbeResultOf<S>> {
    const { result } = await this.#jobs.submit({ kind: 'probe', subject }, 0, {
      origin: OWN_ORIGIN,
    });
    if (!isOfKind(result, subject)) throw new Error(`a ${subject.kind} was tried as another kind`);
    return result;
  }

  /** Pings every idle worker. Rejects if one does not reply; that one is then replaced as after a late job. */
  ping(): Promise<void> {
    return this.#jobs.ping();
  }

  status(): PoolStatus {
    const { alive, ready, restarts, engines, sandbox } = this.#supervisor;
    const { busy, queued, replies } = this.#jobs;
    return {
      state: alive === 0 ? 'unavailable' : alive < this.#size ? 'degraded' : 'ok',
      workers: this.#size,
      ready: ready.length,
      busy,
      queued,
      restarts,
      replies,
      engines,
      pids: ready,
      sandbox,
    };
  }

  #unavailable(): ProblemError {
    return new ProblemError('detection_unavailable', 'No detection worker is running.', {
      retryAfter: this.#supervisor.restartsInSeconds,
    });
  }
}

function analysisOf(findings: Findings, plan: AnalysisPlan, queueMs: number): Analysis {
  const { decodeMs, detectMs, ...found } = findings;
  return {
    ...found,
    detectors: plan.detectors.map(applied),
    preparation: plan.preparation,
    times: {
      queueMs: rounded(queueMs),
      decodeMs: rounded(decodeMs),
      detectMs: rounded(detectMs),
    },
  };
}

function applied(detector: PlannedDetector): AppliedDetector {
  if (isModel(detector)) {
    const { id, engine, parameters } = detector;
    return { id, engine, parameters };
  }
  const { id, engine, parameters } = detector;
  return { id, engine, parameters };
}

const isOfKind = <S extends ProbeSubject>(
  result: ProbeResult,
  subject: S,
): result is ProbeResultOf<S> => result.kind === subject.kind;

/** To hundredths of a millisecond: a clock shared with others is not more exact. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;
