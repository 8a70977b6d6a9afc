import type { OpenCv } from '../../opencv/opencv.js';
import type { Thumbnail } from '../detection.js';
import { decodeGrey } from './decode.js';

/** A small copy of an image, its longer side at most `side` pixels. A JPEG is decoded at as little as an eighth of its size. */
export function thumbnail(cv: OpenCv, bytes: Buffer, side: number, maxPixels: number): Thumbnail {
  const { image } = decodeGrey(cv, bytes, side, maxPixels);
  try {
    return { width: image.width, height: image.height, grey: image.bytes().slice() };
  } finally {
    image.release();
  }
}
