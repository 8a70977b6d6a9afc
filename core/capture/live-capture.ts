import type { Mat, OpenCv, VideoCapture } from '../opencv/opencv.js';
import type { CaptureReply } from './capture-protocol.js';
import { frameJpeg } from './frame-jpeg.js';

/** Gives frames of what a capture process has open. */
export interface FrameSource {
  take(atMs: number): Promise<CaptureReply>;
}

/** Frames in a row that cannot be decoded, after which a stream counts as ended. */
const MAX_EMPTY = 25;

/**
 * A stream or device, read all the time, so that a frame is never old. Frames that were not requested are dropped; a
 * request gets the next one.
 */
export class LiveCapture implements FrameSource {
  #waiting: ((reply: CaptureReply) => void) | undefined;
  #ended = false;

  constructor(
    private readonly cv: OpenCv,
    private readonly capture: VideoCapture,
  ) {
    void this.#readAll().catch(() => this.#end());
  }

  take(): Promise<CaptureReply> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      if (this.#ended) this.#end();
    });
  }

  async #readAll(): Promise<void> {
    for (let empty = 0; empty < MAX_EMPTY; ) {
      const frame = await nextFrame(this.capture);
      if (frame.rows === 0) {
        empty++;
      } else {
        empty = 0;
        if (this.#waiting) this.#reply({ type: 'frame', jpeg: frameJpeg(this.cv, frame) });
      }
      frame.release();
    }
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#reply({ type: 'failed', reason: 'ended' });
  }

  #reply(reply: CaptureReply): void {
    this.#waiting?.(reply);
    this.#waiting = undefined;
  }
}

/** Reads on another thread, so that messages of the parent are handled while a stream is silent. */
const nextFrame = (capture: VideoCapture): Promise<Mat> =>
  new Promise((resolve, reject) => {
    capture.readAsync((error, frame) => (frame ? resolve(frame) : reject(error)));
  });
