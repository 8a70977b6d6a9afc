import type { Thumbnail } from '../detection.js';
import type { GreyRequest, ImageDecoder } from './decode.js';

/** A small copy of an image, not above the working size. A JPEG is decoded at as little as an eighth of its size. */
export function thumbnail(decoder: ImageDecoder, bytes: Buffer, request: GreyRequest): Thumbnail {
  return decoder.withGrey(bytes, request, ({ image: { width, height, bytes: grey } }) => ({
    width,
    height,
    grey: grey.slice(),
  }));
}
