import type { Orientation } from '../../contract/detection.js';
import { consume, type Mat, type OpenCv } from '../../opencv/opencv.js';
import { PixelMemory } from './pixel-memory.js';

/** One for the process, which searches one image at a time. */
const memory = new PixelMemory();

/** An 8-bit grey image, as OpenCV's Mat and, for engines that are not OpenCV, as its bytes. */
export class GreyImage {
  constructor(
    private readonly cv: OpenCv,
    readonly mat: Mat,
  ) {}

  get width(): number {
    return this.mat.cols;
  }

  get height(): number {
    return this.mat.rows;
  }

  /** A copy of the pixels row by row; the stride is the width. Valid until the next call for any image. */
  bytes(): Uint8Array {
    const { cv, mat, width, height } = this;
    const bytes = memory.take(width * height);
    // A Mat over that memory: `getData` would copy to new memory, and that to new memory again.
    consume(new cv.Mat(height, width, cv.CV_8UC1, bytes), (view) => mat.copyTo(view).release());
    return bytes;
  }

  release(): void {
    this.mat.release();
    memory.trim();
  }
}

/** The image rotated clockwise by a multiple of 90°, for as long as `use` runs. */
export function withTurned<T>(
  cv: OpenCv,
  image: GreyImage,
  orientation: Orientation,
  use: (image: GreyImage) => T,
): T {
  if (orientation === 0) return use(image);
  const code = {
    90: cv.ROTATE_90_CLOCKWISE,
    180: cv.ROTATE_180,
    270: cv.ROTATE_90_COUNTERCLOCKWISE,
  }[orientation];
  return consume(image.mat.rotate(code), (turned) => use(new GreyImage(cv, turned)));
}
