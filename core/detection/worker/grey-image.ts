import type { Orientation } from '../../contract/detection.js';
import { consume, type Mat, type OpenCv } from './opencv.js';

/** An 8-bit grey image, as OpenCV's Mat and, for engines that are not OpenCV, as its bytes. */
export class GreyImage {
  #bytes: Buffer | undefined;

  constructor(readonly mat: Mat) {}

  get width(): number {
    return this.mat.cols;
  }

  get height(): number {
    return this.mat.rows;
  }

  /** The pixels row by row; the stride is the width. Copied on the first call, then kept. */
  bytes(): Buffer {
    this.#bytes ??= this.mat.getData();
    return this.#bytes;
  }

  release(): void {
    this.mat.release();
    this.#bytes = undefined;
  }
}

/** The image turned clockwise by quarter turns, for as long as `use` runs. */
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
  return consume(image.mat.rotate(code), (turned) => use(new GreyImage(turned)));
}
