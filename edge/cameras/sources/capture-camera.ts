import { CaptureFailure, CaptureProcess } from '../../../core/capture/capture-process.js';
import type {
  CaptureFailureReason,
  CaptureSource,
} from '../../../core/capture/capture-protocol.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type CameraErrorCode, type Snapshot } from '../camera.js';
import { networkFailure } from '../camera-failure.js';
import { tooLarge } from '../http/read-body.js';
import { withDeadline } from '../schedule/with-deadline.js';

export interface CaptureSettings {
  timeoutSeconds: number;
  maxBytes: number;
  /** How long the process lives on after a snapshot. */
  holdOpenSeconds: number;
  /** Asked at each opening, so that a password's file may change. */
  source(): CaptureSource;
}

const FAILURES: Record<CaptureFailureReason, [CameraErrorCode, string]> = {
  unavailable: ['unreadable', 'OpenCV does not load, so no video can be read'],
  refused: ['bad_status', 'the camera refused the user name or password'],
  missing: ['bad_status', 'the camera has no such stream'],
  unreachable: ['unreachable', 'the camera cannot be reached'],
  unopened: ['unreachable', 'the stream or device cannot be opened'],
  ended: ['unreachable', 'the stream ended'],
};

/**
 * A stream or device that OpenCV reads, in a process of its own: one that hangs or crashes is ended and costs
 * nothing else. The process is kept while snapshots follow each other closely, and started anew otherwise.
 */
export class CaptureCamera implements Camera {
  #process: CaptureProcess | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: CaptureSettings,
    private readonly clock: Clock,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    const bytes = await this.frame(signal);
    return bytes && { bytes, takenAt: this.clock(), more: false, settle: async () => {} };
  }

  /** A frame as JPEG, of a file the one at `atMs`; undefined where a file ends before. */
  async frame(signal: AbortSignal, atMs?: number): Promise<Buffer | undefined> {
    const { timeoutSeconds, maxBytes, source } = this.settings;
    clearTimeout(this.#idle);
    try {
      if (!this.#process?.alive) this.#process = new CaptureProcess(source());
      const current = this.#process;
      const frame = await withDeadline(timeoutSeconds * 1000, signal, (attemptSignal) =>
        current.take(attemptSignal, atMs),
      );
      if (frame && frame.length > maxBytes) throw tooLarge(maxBytes);
      return frame;
    } catch (error) {
      throw captureError(error);
    } finally {
      this.#closeLater();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#process?.stop();
  }

  #closeLater(): void {
    const current = this.#process;
    const close = () => void current?.stop();
    this.#idle = setTimeout(close, this.settings.holdOpenSeconds * 1000);
  }
}

function captureError(error: unknown): CameraError {
  if (!(error instanceof CaptureFailure)) return networkFailure(error);
  const [code, message] = FAILURES[error.reason];
  return new CameraError(code, message);
}
