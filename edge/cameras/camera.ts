/** One image from a camera. */
export interface Snapshot {
  bytes: Buffer;
  /** When the picture was made, as well as the camera tells; milliseconds since the epoch. */
  takenAt: number;
  /** Whether the camera has another one waiting, which need not wait for the schedule. */
  more: boolean;
  /** The file that it came as, without its folder. */
  name?: string;
  /** Tells the camera that the snapshot was analysed. Until then the camera offers it again. */
  settle(): Promise<void>;
  /** Tells the camera that it cannot be, so that it is not offered again; where absent, `settle` does. */
  pass?(): Promise<void>;
}

/** A source of snapshots. Callers take one at a time from a camera. */
export interface Camera {
  /**
   * The next snapshot, or undefined where there is nothing new. Rejects with a CameraError, and
   * soon after `signal` aborts.
   */
  take(signal: AbortSignal): Promise<Snapshot | undefined>;
  /** Lets go of what is kept between two snapshots: a connection, a process. Nothing is taken any more. */
  close?(): Promise<void>;
}

export type CameraErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'bad_status'
  | 'redirect_refused'
  | 'wrong_certificate'
  | 'too_large'
  | 'unreadable'
  | 'silent';

/** Why a camera gave no snapshot. The message is shown to operators: it holds no URL and no credentials. */
export class CameraError extends Error {
  override readonly name = 'CameraError';

  constructor(
    readonly code: CameraErrorCode,
    message: string,
  ) {
    super(message);
  }
}
