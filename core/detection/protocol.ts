import type { Detection, EngineName } from '../contract/detection.js';
import type { ProblemCode } from '../contract/problem.js';
import type { AnalysisPlan, LabelledBox } from './detection.js';

/** Raised whenever a message changes its shape: parent and worker of different builds refuse each other. */
export const PROTOCOL_VERSION = 4;

/** What was found in an image, with the size it has when upright, in pixels of the original. */
export interface Findings {
  width: number;
  height: number;
  detections: Detection[];
  /** Weakest ones beyond those that a result holds; absent where there are none. */
  omitted?: number;
  decodeMs: number;
  detectMs: number;
}

/** An image in small, 8-bit grey, row by row. */
export interface Thumbnail {
  width: number;
  height: number;
  grey: Uint8Array;
}

export interface CascadeFile {
  /** Absolute path, and the SHA-256 its content must have. */
  file: string;
  sha256: string;
}

interface Jobs {
  analyse: { input: { bytes: Buffer; plan: AnalysisPlan }; result: Findings };
  /** `side` caps the longer side, in pixels. */
  thumbnail: { input: { bytes: Buffer; side: number }; result: Thumbnail };
  draw: { input: { bytes: Buffer; boxes: LabelledBox[] }; result: Buffer };
  /** Loads a cascade nobody vouches for, searches a small image with it, and tells which engine serves it. */
  probe: { input: { cascade: CascadeFile }; result: EngineName };
  /** Answers, and does nothing else. */
  ping: { input: object; result: 'pong' };
}

export type JobKind = keyof Jobs;
export type Job<K extends JobKind = JobKind> = { [J in K]: { kind: J } & Jobs[J]['input'] }[K];
export type JobResult<K extends JobKind = JobKind> = Jobs[K]['result'];

export interface Ready {
  type: 'ready';
  protocol: number;
  openCvVersion: string;
  /** What it can search with on this processor. */
  engines: EngineName[];
  pid: number;
}

export type WorkerMessage =
  | Ready
  /** The worker cannot work at all, e.g. the addon does not load. */
  | { type: 'unable'; reason: string }
  | { type: 'done'; result: JobResult }
  /** The job's input is to blame; the code says how. */
  | { type: 'refused'; code: ProblemCode; detail: string }
  /** A bug of ours. */
  | { type: 'failed'; message: string };
