import type { CascadeEngineName, Detection, EngineName } from '../contract/detection.js';
import type { ProblemCode } from '../contract/problem.js';
import type { SandboxState } from '../runtime/sandbox/sandbox-state.js';
import type {
  AnalysisPlan,
  LabelledBox,
  ModelDescription,
  PartialDescription,
  Thumbnail,
} from './detection.js';

/** Raised whenever a message changes its shape: parent and worker of different builds refuse each other. */
export const PROTOCOL_VERSION = 10;

/** What was found in an image, with the size it has when upright, in pixels of the original. */
export interface Findings {
  width: number;
  height: number;
  detections: Detection[];
  /** Weakest ones beyond those that a result holds; absent if there are none. */
  omitted?: number;
  /** Pixels are missing or made up; absent if none are. */
  damaged?: true;
  decodeMs: number;
  detectMs: number;
}

export interface CascadeFile {
  /** Absolute path, and the SHA-256 its content must have. */
  file: string;
  sha256: string;
}

export interface ModelFile {
  /** Absolute path, and the SHA-256 its content must have. */
  file: string;
  sha256: string;
}

/** What is tried: a file that is not trusted yet. */
export type ProbeSubject =
  | { kind: 'cascade'; cascade: CascadeFile }
  | { kind: 'onnx'; model: ModelFile; description: PartialDescription };

/** The engine that serves a cascade, and why the project's own does not. */
export interface CascadeProbeResult {
  kind: 'cascade';
  engine: CascadeEngineName;
  reason?: string;
}

/** A model's description, completed from its inputs and outputs. */
export interface ModelProbeResult {
  kind: 'onnx';
  /** Without the labels: the worker does not know names. */
  model: Omit<ModelDescription, 'labels'>;
  /** Number of its classes, thus of its labels. */
  classes: number;
}

export type ProbeResult = CascadeProbeResult | ModelProbeResult;

/** Of a subject's kind. */
export type ProbeResultOf<S extends ProbeSubject> = Extract<ProbeResult, { kind: S['kind'] }>;

interface Jobs {
  analyse: { input: { bytes: Buffer; plan: AnalysisPlan }; result: Findings };
  /**
   * The worker sends a thumbnail, its longer side at most `side` pixels, and then waits for a `GateDecision`. Null if
   * the image is not searched.
   */
  analyseIf: {
    input: { bytes: Buffer; side: number; acceptDamaged: boolean };
    result: Findings | null;
  };
  /** The boxes are in pixels of the whole image, whatever the width of the result. */
  draw: { input: { bytes: Buffer; boxes: LabelledBox[]; width?: number }; result: Buffer };
  /** Loads an unverified cascade or model and searches a small image with it. */
  probe: { input: { subject: ProbeSubject }; result: ProbeResult };
  /** Replies, and does nothing else. */
  ping: { input: object; result: 'pong' };
}

export type JobKind = keyof Jobs;
export type Job<K extends JobKind = JobKind> = { [J in K]: { kind: J } & Jobs[J]['input'] }[K];
export type JobResult<K extends JobKind = JobKind> = Jobs[K]['result'];

/** What becomes of the image of an `analyseIf` whose thumbnail the parent has. */
export interface GateDecision {
  kind: 'gateDecision';
  /** Null skips the search and ends the job, without a reply of the worker. */
  plan: AnalysisPlan | null;
}

/** The worker's descriptor of the pipe that images and the files of detectors come through. */
export const IMAGE_DESCRIPTOR = 4;

/** Before a file in the pipe: its size in bytes. */
export const FILE_HEADER_BYTES = 8;
const UNREADABLE = -1;

/** `size` is undefined if the file cannot be read. */
export function fileHeader(size: number | undefined): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeDoubleLE(size ?? UNREADABLE);
  return header;
}

export function fileSize(header: Buffer): number | undefined {
  const size = header.readDoubleLE();
  return size === UNREADABLE ? undefined : size;
}

/** A job in a message: its image goes through a pipe of its own, since a message would copy it several times. */
export type SentJob<J extends Job = Job> = J extends { bytes: Buffer }
  ? Omit<J, 'bytes'> & { imageBytes: number }
  : J;

export type ParentMessage = SentJob | GateDecision;

export interface Ready {
  type: 'ready';
  protocol: number;
  /** What it can search with on this processor. */
  engines: EngineName[];
  pid: number;
  sandbox: SandboxState;
}

export type WorkerMessage =
  | Ready
  /** The worker cannot work at all, e.g. the addon does not load. */
  | { type: 'unable'; reason: string }
  | { type: 'done'; result: JobResult }
  /** Of an `analyseIf`, which goes on with the parent's decision. */
  | { type: 'thumbnail'; thumbnail: Thumbnail }
  /**
   * The worker needs the file of a detector of its job: a header and, unless it is larger, the content follow in the
   * pipe.
   */
  | { type: 'file'; file: string; maxBytes: number }
  /**
   * The job's input is at fault; the code says why. A `spent` process holds memory that it cannot free: it has to be
   * replaced.
   */
  | { type: 'refused'; code: ProblemCode; detail: string; spent?: true }
  /** A bug of ours. */
  | { type: 'failed'; message: string };
