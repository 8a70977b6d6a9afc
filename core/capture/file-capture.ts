import { consume, type OpenCv, type VideoCapture } from '../opencv/opencv.js';
import type { CaptureReply } from './capture-protocol.js';
import { frameJpeg } from './frame-jpeg.js';
import type { FrameSource } from './live-capture.js';

/** A video file, whose frames are requested by their time. */
export class FileCapture implements FrameSource {
  constructor(
    private readonly cv: OpenCv,
    private readonly capture: VideoCapture,
  ) {}

  async take(atMs: number): Promise<CaptureReply> {
    if (!this.#has(atMs)) return { type: 'frame', jpeg: null };
    this.capture.set(this.cv.CAP_PROP_POS_MSEC, atMs);
    return consume(this.capture.read(), (frame) => ({
      type: 'frame',
      jpeg: frame.rows === 0 ? null : frameJpeg(this.cv, frame),
    }));
  }

  /** OpenCV would give the last frame instead. If the file does not say how long it is, OpenCV decides. */
  #has(atMs: number): boolean {
    const frames = this.capture.get(this.cv.CAP_PROP_FRAME_COUNT);
    const perSecond = this.capture.get(this.cv.CAP_PROP_FPS);
    return !(frames > 0 && perSecond > 0) || atMs < (frames / perSecond) * 1000;
  }
}
