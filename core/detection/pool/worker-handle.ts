import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ProblemError, StartError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Job, JobKind, JobResult, Ready, WorkerMessage } from '../protocol.js';
import { PROTOCOL_VERSION } from '../protocol.js';

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

/** What the parent waits for: the handshake, or the result of a job. */
interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  deadline: NodeJS.Timeout;
  /** What it means that the process ended before. */
  ifEnded(how: string): Error;
}

const ENTRY = new URL('../worker/main.js', import.meta.url);

/** Pixels live outside V8's heap, which holds little else; the worker has those that are done with freed (`--expose-gc`). */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--expose-gc'];

/** One worker process: a handshake, then one job at a time, each under a deadline. Once ended it stays so. */
export class WorkerHandle {
  #child: ChildProcess | undefined;
  #pending: Pending | undefined;
  #wasLate = false;
  #markEnded: () => void = () => {};
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended = new Promise<void>((resolve) => {
    this.#markEnded = resolve;
  });

  constructor(private readonly options: WorkerOptions) {}

  /** It can be given a job, once its handshake is done. */
  get alive(): boolean {
    return this.#child?.connected === true && !this.#child.killed;
  }

  /** It was ended here since a job took longer than its deadline. */
  get wasLate(): boolean {
    return this.#wasLate;
  }

  /** Starts the process. Throws StartError where it cannot work or does not answer in time. */
  start(): Promise<Ready> {
    const child = fork(ENTRY, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: this.options.environment,
      execArgv: NODE_FLAGS,
    });
    this.#child = child;
    child.on('message', (message: WorkerMessage) => this.#onMessage(message));
    child.on('error', (error) => this.#onEnd(error.message));
    child.on('exit', (code, signal) => this.#onEnd(signal ?? `exit code ${code}`));
    logLines(child.stdout, this.options.log);
    logLines(child.stderr, this.options.log);
    return this.#await<Ready>(
      this.options.handshakeDeadlineMs,
      () => new StartError('A detection worker did not answer in time.'),
      (how) => new StartError(`A detection worker ended before it was ready (${how}).`),
    );
  }

  /**
   * Throws the ProblemError that the worker refused the job with, `image_crashed_decoder` where the
   * worker died of it, `detection_timeout` where it took too long, and WorkerUnreachable.
   */
  run<K extends JobKind>(job: Job<K>): Promise<JobResult<K>> {
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
      () => new ProblemError('image_crashed_decoder', 'The process that worked on it ended.'),
    );
    // A child that is gone is told of through the same callback.
    this.#child?.send(job, (error) => {
      if (error) this.#giveUp(new WorkerUnreachable(error.message));
    });
    return result;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #await<T>(deadlineMs: number, ifLate: () => Error, ifEnded: (how: string) => Error): Promise<T> {
    if (this.#pending) throw new Error('the worker is busy');
    return new Promise<T>((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(ifLate()), deadlineMs);
      this.#pending = { resolve: resolve as Pending['resolve'], reject, deadline, ifEnded };
    });
  }

  #onMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'ready':
        if (message.protocol === PROTOCOL_VERSION) this.#take()?.resolve(message);
        else this.#giveUp(new StartError('The detection worker is of another version.'));
        break;
      case 'unable':
        this.#giveUp(new StartError(`OpenCV does not load: ${message.reason}`));
        break;
      case 'done':
        this.#take()?.resolve(message.result);
        break;
      case 'refused':
        this.#take()?.reject(new ProblemError(message.code, message.detail));
        break;
      case 'failed':
        this.#take()?.reject(new Error(message.message));
        break;
    }
  }

  /** Ends the process, and what waits for it with `error`. */
  #giveUp(error: Error): void {
    this.#take()?.reject(error);
    this.kill();
  }

  #onEnd(how: string): void {
    const pending = this.#take();
    pending?.reject(pending.ifEnded(how));
    this.#markEnded();
  }

  #take(): Pending | undefined {
    const pending = this.#pending;
    clearTimeout(pending?.deadline);
    this.#pending = undefined;
    return pending;
  }
}

const MAX_LINE = 500;
const MAX_LINES = 20;

/** What a decoder prints goes to the log, within bounds: a hostile file must not fill it. */
function logLines(stream: Readable | null, log: Logger): void {
  stream?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n', MAX_LINES))
      if (line.trim() !== '') log.debug({ line: line.slice(0, MAX_LINE) }, 'a worker printed');
  });
}
