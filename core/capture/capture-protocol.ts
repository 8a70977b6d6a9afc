/** What a capture process opens. Credentials travel in this message alone: never in arguments or the environment. */
export type CaptureSource =
  | { kind: 'stream'; url: string; username?: string; password?: string }
  | { kind: 'device'; path: string }
  | { kind: 'file'; path: string };

/** `unavailable` is ours: OpenCV does not load. `refused`, `missing` and `unreachable` are what a stream's server says. */
export type CaptureFailureReason =
  | 'unavailable'
  | 'refused'
  | 'missing'
  | 'unreachable'
  | 'unopened'
  | 'ended';

export type CaptureRequest =
  | { type: 'open'; source: CaptureSource }
  /** The next frame, or of a file the one at `atMs` from its beginning. */
  | { type: 'take'; atMs: number };

export type CaptureReply =
  /** A frame as JPEG; null where a file has none so far on. */
  { type: 'frame'; jpeg: Buffer | null } | { type: 'failed'; reason: CaptureFailureReason };
