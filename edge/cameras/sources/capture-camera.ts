import { CaptureFailure, CaptureProcess } from '../../../core/capture/capture-process.js';
import type {
  CaptureFailureReason,
  CaptureSource,
} from '../../../core/capture/capture-protocol.js';
import { openCvFault } from '../../../core/opencv/opencv-addon.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import {
  type Camera,
  CameraError,
  type CameraErrorCode,
  type Snapshot,
  snapshotTooLarge,
} from '../camera.js';
import { connectionError } from '../http/http-error.js';

/** A source that is ready to be read. */
export interface OpenSource {
  source: CaptureSource;
  /** Why it cannot be read, if that is known better than the process knows it. */
  fault?(): unknown;
  /** Called when the process is gone. */
  close?(): void;
}

export interface CaptureSettings {
  timeoutSeconds: number;
  maxBytes: number;
  /** How long the process is kept after a snapshot. */
  holdOpenSeconds: number;
  /** Called whenever the process is started. */
  open(): Promise<OpenSource>;
  /** Of a source with credentials. */
  retryLogin?(): void;
}

const FAILURES: Record<CaptureFailureReason, [CameraErrorCode, string]> = {
  unavailable: ['unreadable', 'video cannot be read because OpenCV does not load'],
  refused: ['bad_status', 'the camera rejected the user name or password'],
  missing: ['bad_status', 'the camera has no such stream'],
  unreachable: ['unreachable', 'the camera is unreachable'],
  unopened: ['unreachable', 'the stream or device cannot be opened'],
  ended: ['unreachable', 'the stream ended'],
};

/**
 * A stream or device that OpenCV reads in a child process: if it hangs or crashes, only this camera is affected.
 * The process is kept while snapshots follow each other closely, and restarted otherwise.
 */
export class CaptureCamera implements Camera {
  #process: CaptureProcess | undefined;
  #source: OpenSource | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: CaptureSettings,
    private readonly clock: Clock,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    const bytes = await this.frame(signal);
    return bytes && { bytes, takenAt: this.clock(), more: false, markProcessed: async () => {} };
  }

  /** A frame as JPEG; of a file, the frame at `atMs`, or undefined if the file ends before. */
  async frame(signal: AbortSignal, atMs?: number): Promise<Buffer | undefined> {
    const { timeoutSeconds, maxBytes } = this.settings;
    clearTimeout(this.#idle);
    const fault = this.fault();
    if (fault !== undefined) throw new CameraError('not_installed', fault);
    try {
      const current = this.#process?.alive ? this.#process : await this.#start();
      const frame = await withDeadline(timeoutSeconds * 1000, signal, (attemptSignal) =>
        current.take(attemptSignal, atMs),
      );
      if (frame && frame.length > maxBytes) throw snapshotTooLarge(maxBytes);
      return frame;
    } catch (error) {
      throw toCameraError(this.#source?.fault?.() ?? error);
    } finally {
      this.#closeLater();
    }
  }

  /** Looked up each time, so that a package that is installed takes effect. */
  fault(): string | undefined {
    return openCvFault('capture');
  }

  retryLogin(): void {
    this.settings.retryLogin?.();
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#process?.stop();
  }

  async #start(): Promise<CaptureProcess> {
    const opened = await this.settings.open();
    const started = new CaptureProcess(opened.source);
    void started.ended.then(() => opened.close?.());
    this.#source = opened;
    this.#process = started;
    return started;
  }

  #closeLater(): void {
    const current = this.#process;
    const close = () => void current?.stop();
    this.#idle = setTimeout(close, this.settings.holdOpenSeconds * 1000);
  }
}

function toCameraError(error: unknown): CameraError {
  if (!(error instanceof CaptureFailure)) return connectionError(error);
  const [code, message] = FAILURES[error.reason];
  return new CameraError(code, message);
}
