import type { OpenCv } from '../../opencv/opencv.js';
import type { AnalysisPlan } from '../detection.js';
import type { Job, JobKind, JobResult, ParentMessage, WorkerMessage } from '../protocol.js';
import { analyse } from './analyse.js';
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
    private readonly cv: OpenCv,
    private readonly engines: Engines,
    private readonly maxPixels: number,
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

  #perform(job: Job<Exclude<JobKind, 'analyseIf'>>): JobResult {
    const { cv, engines, maxPixels } = this;
    switch (job.kind) {
      case 'analyse':
        return analyse(cv, engines, job.bytes, job.plan, maxPixels);
      case 'draw':
        return draw(cv, job.bytes, job.boxes, maxPixels);
      case 'probe':
        return probe(cv, job.cascade, engines);
      case 'ping':
        return 'pong';
    }
  }

  #begin({ bytes, side }: Job<'analyseIf'>): WorkerMessage {
    const small = thumbnail(this.cv, bytes, side, this.maxPixels);
    this.#undecided = bytes;
    return { type: 'thumbnail', thumbnail: small };
  }

  #resume(plan: AnalysisPlan | null): WorkerMessage | undefined {
    const bytes = this.#undecided;
    this.#undecided = undefined;
    if (!plan) return undefined;
    if (!bytes) throw new Error('there is no image to search');
    return { type: 'done', result: analyse(this.cv, this.engines, bytes, plan, this.maxPixels) };
  }
}

/** The addon throws strings as well as errors. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
