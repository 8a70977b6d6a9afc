import type { Orientation } from '../../contract/detection.js';
import { consume, type Mat, type OpenCv } from '../../opencv/opencv.js';
import type { NativeDecoder } from '../decoder/native-decoder.js';
import { PixelMemory } from './pixel-memory.js';

/** One for the process, which searches one image at a time. */
const memory = new PixelMemory();

/** EXIF orientations of images that turn clockwise by so many degrees to be upright. */
export const ORIENTATIONS = { 90: 6, 180: 3, 270: 8 } as const;

/** An 8-bit grey image, row by row; the stride is the width. */
export class GreyImage {
  constructor(
    readonly width: number,
    readonly height: number,
    /** Perhaps only valid until the next image is decoded. */
    readonly bytes: Uint8Array,
  ) {}

  /** The image as a Mat over the same memory, for as long as `use` runs. */
  withMat<T>(cv: OpenCv, use: (mat: Mat) => T): T {
    return consume(new cv.Mat(this.height, this.width, cv.CV_8UC1, this.bytes), use);
  }
}

/** The image rotated clockwise by a multiple of 90°, for as long as `use` runs. */
export function withTurned<T>(
  native: NativeDecoder,
  image: GreyImage,
  orientation: Orientation,
  use: (image: GreyImage) => T,
): T {
  if (orientation === 0) return use(image);
  const { width, height, bytes } = image;
  const to = memory.take(width * height);
  native.turn(bytes, width, height, 1, ORIENTATIONS[orientation], to);
  try {
    return use(
      orientation === 180 ? new GreyImage(width, height, to) : new GreyImage(height, width, to),
    );
  } finally {
    memory.trim();
  }
}
