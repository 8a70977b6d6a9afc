import type { OpenCv } from '../../opencv/opencv.js';
import type { AnalysisPlan } from '../detection.js';
import type { OnnxRuntime } from '../onnx/runtime.js';
import type { Job, JobResult, ParentMessage, SentJob, WorkerMessage } from '../protocol.js';
import { analyse, type Searches } from './analyse.js';
import type { GreyRequest, ImageDecoder } from './decode.js';
import type { DetectorFiles } from './detector-files.js';
import { draw } from './draw.js';
import { probe } from './probe.js';
import { probeModel } from './probe-model.js';
import { Refusal } from './refusal.js';
import { thumbnail } from './thumbnail.js';

/** Performs a worker's jobs, one at a time. */
export class JobRunner {
  /** The image of an `analyseIf` that waits for the parent's decision. */
  #undecided: Buffer | undefined;
  /** The latest message's work, after that of all before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly openCv: () => OpenCv,
    private readonly onnxRuntime: () => OnnxRuntime,
    private readonly decoder: ImageDecoder,
    private readonly searches: Searches,
    /** Reads the image of a job, so many bytes. */
    private readonly readImage: (bytes: number) => Buffer,
    private readonly files?: DetectorFiles,
  ) {}

  /** Undefined if the parent expects no reply: it skipped a search. Replies come in the order of the messages. */
  reply(message: ParentMessage): Promise<WorkerMessage | undefined> {
    const reply = this.#last.then(() => this.#reply(message));
    this.#last = reply;
    return reply;
  }

  /** Never rejects. */
  async #reply(message: ParentMessage): Promise<WorkerMessage | undefined> {
    try {
      switch (message.kind) {
        case 'analyseIf':
          return this.#begin(message);
        case 'gateDecision':
          return await this.#resume(message.plan);
        default:
          return { type: 'done', result: await this.#perform(message) };
      }
    } catch (error) {
      if (error instanceof Refusal)
        return { type: 'refused', code: error.code, detail: error.message };
      return { type: 'failed', message: textOf(error) };
    }
  }

  async #perform(job: Exclude<SentJob, { kind: 'analyseIf' }>): Promise<JobResult> {
    const { openCv, onnxRuntime, decoder, searches, files } = this;
    switch (job.kind) {
      case 'analyse':
        return analyse(decoder, searches, this.readImage(job.imageBytes), job.plan);
      case 'draw':
        return draw(decoder, this.readImage(job.imageBytes), job.boxes, job.width);
      case 'probe':
        return job.subject.kind === 'cascade'
          ? probe(openCv, job.subject.cascade, searches.engines, files)
          : probeModel(onnxRuntime, job.subject, files);
      case 'ping':
        return 'pong';
    }
  }

  #begin({ imageBytes, side, acceptDamaged }: SentJob<Job<'analyseIf'>>): WorkerMessage {
    const request: GreyRequest = { workingSize: side, acceptDamaged };
    const bytes = this.readImage(imageBytes);
    const small = thumbnail(this.decoder, bytes, request);
    this.#undecided = bytes;
    return { type: 'thumbnail', thumbnail: small };
  }

  async #resume(plan: AnalysisPlan | null): Promise<WorkerMessage | undefined> {
    const bytes = this.#undecided;
    this.#undecided = undefined;
    if (!plan) return undefined;
    if (!bytes) throw new Error('there is no image to search');
    return { type: 'done', result: await analyse(this.decoder, this.searches, bytes, plan) };
  }
}

/** The addon throws strings as well as errors. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
