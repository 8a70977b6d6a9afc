/** What a capture process opens. It gets no credentials: a stream comes through a relay on this machine, at a port. */
export type CaptureSource =
  | { kind: 'stream'; url: string; port: number }
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
