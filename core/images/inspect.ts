import { costDetail, readImageHeader, uprightSize } from '../detection/image-header.js';
import { ProblemError } from '../runtime/errors.js';
import { type MediaType, mediaTypeOf } from './media-type.js';

export type { MediaType };

const ACCEPTED = 'JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC, JPEG XL';

export interface Inspected {
  mediaType: MediaType;
  /** Pixels after EXIF orientation. */
  width: number;
  height: number;
}

/**
 * Reads an image's kind from its first bytes and its size from its header, without decoding it, and refuses what is not
 * accepted. A decoder's memory depends on the number of pixels, which is checked here, before decoding.
 */
export function inspectImage(bytes: Buffer, maxPixels: number): Inspected {
  const mediaType = mediaTypeOf(bytes);
  if (!mediaType)
    throw new ProblemError(
      'unsupported_image_kind',
      `Expected an image of one of these kinds: ${ACCEPTED}.`,
    );
  const header = readImageHeader(bytes);
  if (!header)
    throw new ProblemError('image_undecodable', 'The header of the image cannot be read.');
  if (header.animated)
    throw new ProblemError(
      'unsupported_image_kind',
      'The image is an animation; send a still one.',
    );
  const { width, height } = uprightSize(header);
  if (width * height > maxPixels)
    throw new ProblemError(
      'too_many_pixels',
      `The image has ${width} × ${height} pixels; at most ${maxPixels} are accepted.`,
    );
  if (header.excess !== undefined)
    throw new ProblemError('image_too_costly', costDetail(header.excess));
  return { mediaType, width, height };
}
