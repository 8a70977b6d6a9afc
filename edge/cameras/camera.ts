/** Why a snapshot is taken: by the schedule, on request of an operator or program, or because the camera uploads it. */
export type SnapshotTrigger = 'schedule' | 'request' | 'push';

/** One image from a camera. */
export interface Snapshot {
  bytes: Buffer;
  /** When the image was taken, as precisely as the source reports it; milliseconds since the epoch. */
  takenAt: number;
  /** Whether another snapshot is ready. The caller takes it at once instead of at the next scheduled run. */
  more: boolean;
  /** Name of the file that it was read from, without the folder. */
  name?: string;
  /** Confirms that the snapshot was processed. Until then the camera returns it again. */
  markProcessed(): Promise<void>;
  /** Confirms that it cannot be processed, so that the camera does not return it again; `markProcessed` if absent. */
  skip?(): Promise<void>;
}

/** What a source holds and was not taken. */
export interface Backlog {
  /** Files that are known and wait for a later run. */
  waiting: number;
  /** Files that are not taken. */
  skipped: number;
  /** Number of the skipped files by reason. */
  reasons: Partial<Record<string, number>>;
  /** Whether any file was ever taken, also before a restart. */
  hasTaken: boolean;
}

/** A source of snapshots. Callers take one snapshot at a time from a camera. */
export interface Camera {
  /**
   * The next snapshot, or undefined if there is nothing new. Rejects with a CameraError, and soon after
   * `signal` aborts.
   */
  take(signal: AbortSignal): Promise<Snapshot | undefined>;
  /** What is present at the source and was not taken; absent where a source holds one image at a time. */
  backlog?(): Backlog;
  /** An operator asks for a snapshot, or has reloaded the configuration: a login that was given up is tried once more. */
  retryLogin?(): void;
  /** Why this machine cannot take a snapshot of it, whatever the camera does: what to install. Absent if it can. */
  fault?(): string | undefined;
  /** Releases what is kept between snapshots, such as a connection or a process. Nothing is taken afterwards. */
  close?(): Promise<void>;
}

export type CameraErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'bad_status'
  | 'redirect_refused'
  | 'wrong_certificate'
  | 'old_tls'
  | 'faulty_http'
  | 'too_large'
  | 'unreadable'
  | 'not_installed'
  | 'silent';

/** Why a camera returned no snapshot. Operators see the message: it contains no URL and no credentials. */
export class CameraError extends Error {
  override readonly name = 'CameraError';

  constructor(
    readonly code: CameraErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export const snapshotTooLarge = (maxBytes: number): CameraError =>
  new CameraError('too_large', `the snapshot is larger than ${maxBytes} bytes (maxBytes)`);
