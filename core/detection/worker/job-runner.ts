import type { OpenCv } from '../../opencv/opencv.js';
import type { AnalysisPlan } from '../detection.js';
import type { Job, JobResult, ParentMessage, SentJob, WorkerMessage } from '../protocol.js';
import { analyse } from './analyse.js';
import type { GreyRequest, ImageDecoder } from './decode.js';
import { draw } from './draw.js';
import { probe } from './probe.js';
import { Refusal } from './refusal.js';
import type { Engines } from './search-orientations.js';
import { thumbnail } from './thumbnail.js';

/** Performs a worker's jobs, one at a time. */
export class JobRunner {
  /** The image of an `analyseIf` that waits for the parent's decision. */
  #undecided: Buffer | undefined;

  constructor(
    private readonly openCv: () => OpenCv,
    private readonly decoder: ImageDecoder,
    private readonly engines: Engines,
    /** Reads the image of a job, so many bytes. */
    private readonly readImage: (bytes: number) => Buffer,
  ) {}

  /** Undefined if the parent expects no reply: it skipped a search. */
  reply(message: ParentMessage): WorkerMessage | undefined {
    try {
      switch (message.kind) {
        case 'analyseIf':
          return this.#begin(message);
        case 'gateDecision':
          return this.#resume(message.plan);
        default:
          return { type: 'done', result: this.#perform(message) };
      }
    } catch (error) {
      if (error instanceof Refusal)
        return { type: 'refused', code: error.code, detail: error.message };
      return { type: 'failed', message: textOf(error) };
    }
  }

  #perform(job: Exclude<SentJob, { kind: 'analyseIf' }>): JobResult {
    const { openCv, decoder, engines } = this;
    switch (job.kind) {
      case 'analyse':
        return analyse(decoder, engines, this.readImage(job.imageBytes), job.plan);
      case 'draw':
        return draw(decoder, this.readImage(job.imageBytes), job.boxes);
      case 'probe':
        return probe(openCv, job.subject, engines);
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

  #resume(plan: AnalysisPlan | null): WorkerMessage | undefined {
    const bytes = this.#undecided;
    this.#undecided = undefined;
    if (!plan) return undefined;
    if (!bytes) throw new Error('there is no image to search');
    return { type: 'done', result: analyse(this.decoder, this.engines, bytes, plan) };
  }
}

/** The addon throws strings as well as errors. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
