/** What a capture process opens. Credentials travel in this message alone: never in arguments or the environment. */
export type CaptureSource =
  | { kind: 'stream'; url: string; username?: string; password?: string }
  | { kind: 'device'; path: string }
  | { kind: 'file'; path: string };

/** `unavailable`: OpenCV does not load. `refused`, `missing` and `unreachable` come from a stream's server. */
export type CaptureFailureReason =
  | 'unavailable'
  | 'refused'
  | 'missing'
  | 'unreachable'
  | 'unopened'
  | 'ended';

export type CaptureRequest =
  | { type: 'open'; source: CaptureSource }
  /** The next frame; of a file, the one at `atMs` from its beginning. */
  | { type: 'take'; atMs: number };

export type CaptureReply =
  /** A frame as JPEG; null if a file ends before. */
  { type: 'frame'; jpeg: Buffer | null } | { type: 'failed'; reason: CaptureFailureReason };
