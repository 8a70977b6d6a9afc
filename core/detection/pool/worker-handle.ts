import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { openCvFiles } from '../../opencv/opencv-addon.js';
import { ProblemError, StartError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { launchProcess } from '../../runtime/sandbox/launch-process.js';
import type { AnalysisPlan, SearchGate, Thumbnail } from '../detection.js';
import { runtimeFiles } from '../onnx/runtime-package.js';
import {
  IMAGE_DESCRIPTOR,
  type Job,
  type JobKind,
  type JobResult,
  type ParentMessage,
  PROTOCOL_VERSION,
  type Ready,
  type SentJob,
  type WorkerMessage,
} from '../protocol.js';
import { sendFile } from './send-file.js';
import { WorkerOutput } from './worker-output.js';

export interface WorkerOptions {
  /** Variables of the child's environment; nothing else is in it. */
  environment: Record<string, string>;
  handshakeDeadlineMs: number;
  jobDeadlineMs: number;
  log: Logger;
}

/** The job did not reach the worker, which is gone. Another one may take it. */
export class WorkerUnreachable extends Error {
  override readonly name = 'WorkerUnreachable';
}

/** The gate of an `analyseIf`. */
export type PlanFor = SearchGate['planFor'];

/** What the parent waits for: the handshake, or the result of a job. */
interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  deadline: NodeJS.Timeout;
  /** The error if the process ends before. */
  ifEnded(how: string): Error;
  /** Of an `analyseIf`. */
  planFor?: PlanFor | undefined;
}

const ENTRY = new URL('../worker/main.js', import.meta.url);

/**
 * Pixels live outside V8's heap, which holds little else; the worker frees those that it no longer needs
 * (`--expose-gc`).
 */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--expose-gc'];

/** One worker process: a handshake, then one job at a time, each under a deadline. It is not restarted. */
export class WorkerHandle {
  #child: ChildProcess | undefined;
  /** To the worker's `IMAGE_DESCRIPTOR`. */
  #images: Writable | undefined;
  #pending: Pending | undefined;
  /** Paths that the job names: the worker is sent no other file. */
  #files: ReadonlySet<string> = new Set();
  #wasLate = false;
  #markEnded: (how: string) => void = () => {};
  /** Resolves when the process is gone, with its signal, exit code or error. */
  readonly ended = new Promise<string>((resolve) => {
    this.#markEnded = resolve;
  });

  constructor(private readonly options: WorkerOptions) {}

  /** It can be given a job, once its handshake is done. */
  get alive(): boolean {
    return this.#child?.connected === true && !this.#child.killed;
  }

  /** It was killed because a job exceeded its deadline. */
  get wasLate(): boolean {
    return this.#wasLate;
  }

  /** Starts the process. Throws StartError if it cannot work or is not ready in time. */
  start(): Promise<Ready> {
    const child = launchProcess(ENTRY, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
      environment: this.options.environment,
      flags: NODE_FLAGS,
      read: libraryFiles(),
    });
    this.#child = child;
    child.on('message', (message: WorkerMessage) => this.#onMessage(message));
    child.on('error', (error) => this.#onEnd(error.message));
    // All that it printed has been read by then.
    child.on('close', (code, signal) => this.#onEnd(signal ?? `exit code ${code}`));
    // Without file descriptors for its pipes the process does not start, and has no `stdio`.
    this.#images = child.stdio?.[IMAGE_DESCRIPTOR] as Writable | undefined;
    // The message that follows an image reports that the worker is gone.
    this.#images?.on('error', () => undefined);
    const output = new WorkerOutput(this.options.log);
    output.read(child.stdout);
    output.read(child.stderr);
    return this.#await<Ready>(
      this.options.handshakeDeadlineMs,
      () => new StartError('A detection worker did not answer in time.'),
      (how) => endedUnready(how, output.last),
    );
  }

  /**
   * `planFor` is the gate of an `analyseIf`; one deadline covers the gate and the job. Throws the ProblemError that the
   * worker refused the job with, `image_crashed_decoder` if the worker ended, `detection_timeout`, WorkerUnreachable,
   * and what `planFor` throws.
   */
  run<K extends JobKind>(job: Job<K>, planFor?: PlanFor): Promise<JobResult<K>> {
    const { jobDeadlineMs } = this.options;
    const result = this.#await<JobResult<K>>(
      jobDeadlineMs,
      () => {
        this.#wasLate = true;
        return new ProblemError(
          'detection_timeout',
          `It took longer than ${jobDeadlineMs / 1000} s.`,
        );
      },
      crashedDecoder,
      planFor,
    );
    this.#files = filesOf(job as Job);
    this.#send(this.#sent(job as Job), unreachable);
    return result;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #await<T>(
    deadlineMs: number,
    ifLate: () => Error,
    ifEnded: (how: string) => Error,
    planFor?: PlanFor,
  ): Promise<T> {
    if (this.#pending) throw new Error('the worker is busy');
    return new Promise<T>((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(ifLate()), deadlineMs);
      this.#pending = {
        resolve: resolve as Pending['resolve'],
        reject,
        deadline,
        ifEnded,
        planFor,
      };
    });
  }

  /** Writes the job's image. The worker reads it when it has the message. */
  #sent(job: Job): SentJob {
    if (!('bytes' in job)) return job;
    const { bytes, ...described } = job;
    this.#images?.write(bytes);
    return { ...described, imageBytes: bytes.length };
  }

  /** The same callback reports that the child is gone. */
  #send(message: ParentMessage, ifUnsent: (error: Error) => Error): void {
    this.#child?.send(message, (error) => {
      if (error) this.#giveUp(ifUnsent(error));
    });
  }

  /** Sends a decision even if the gate fails: the worker waits for one. A skipped image gets no reply. */
  async #decide(thumbnail: Thumbnail): Promise<void> {
    const pending = this.#pending;
    if (!pending?.planFor) return;
    const decided = await pending.planFor(thumbnail).then(
      (plan) => ({ plan, error: undefined }),
      (error: unknown) => ({ plan: undefined, error }),
    );
    // The worker ended, or its job was late.
    if (this.#pending !== pending) return;
    if (decided.plan) {
      this.#files = filesOfPlan(decided.plan);
      // No retry: the image may be what ended the worker, and the gate must not be asked twice.
      this.#send({ kind: 'gateDecision', plan: decided.plan }, crashedDecoder);
      return;
    }
    this.#take();
    this.#send({ kind: 'gateDecision', plan: null }, unreachable);
    if (decided.error === undefined) pending.resolve(null);
    else pending.reject(decided.error);
  }

  #onMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'ready':
        if (message.protocol === PROTOCOL_VERSION) this.#take()?.resolve(message);
        else this.#giveUp(new StartError('The detection worker is of another version.'));
        break;
      case 'unable':
        this.#giveUp(new StartError(message.reason));
        break;
      case 'thumbnail':
        void this.#decide(message.thumbnail);
        break;
      case 'file':
        if (this.#images && this.#files.has(message.file))
          void sendFile(this.#images, message.file, message.maxBytes);
        // A worker that asks for anything else is no longer itself.
        else this.kill();
        break;
      case 'done':
        this.#take()?.resolve(message.result);
        break;
      case 'refused': {
        const error = new ProblemError(message.code, message.detail);
        if (message.spent) this.#giveUp(error);
        else this.#take()?.reject(error);
        break;
      }
      case 'failed':
        this.#take()?.reject(new Error(message.message));
        break;
    }
  }

  /** Kills the process, and rejects the pending wait with `error`. */
  #giveUp(error: Error): void {
    this.#take()?.reject(error);
    this.kill();
  }

  #onEnd(how: string): void {
    const pending = this.#take();
    pending?.reject(pending.ifEnded(how));
    this.#markEnded(how);
  }

  #take(): Pending | undefined {
    const pending = this.#pending;
    clearTimeout(pending?.deadline);
    this.#pending = undefined;
    return pending;
  }
}

/** Of what a worker loads when it first needs it; in a package, beside the program's folder. */
const libraryFiles = (): string[] => [...openCvFiles('engine'), ...runtimeFiles()];

function filesOf(job: Job): ReadonlySet<string> {
  if (job.kind === 'analyse') return filesOfPlan(job.plan);
  if (job.kind !== 'probe') return new Set();
  const { subject } = job;
  return new Set([subject.kind === 'cascade' ? subject.cascade.file : subject.model.file]);
}

const filesOfPlan = ({ detectors }: AnalysisPlan): ReadonlySet<string> =>
  new Set(detectors.map(({ file }) => file));

const unreachable = ({ message }: Error) => new WorkerUnreachable(message);

const endedUnready = (how: string, printed: string | undefined) =>
  new StartError(
    `A detection worker ended before it was ready (${how}).${printed ? ` It printed: ${printed}` : ''}`,
  );

const crashedDecoder = () =>
  new ProblemError('image_crashed_decoder', 'The process that worked on it ended.');
