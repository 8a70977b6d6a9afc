import type { ImageResource } from '../contract/image.js';
import { readImageHeader, uprightSize } from '../detection/image-header.js';
import { ProblemError } from '../runtime/errors.js';

export type MediaType = ImageResource['mediaType'];

export interface Inspected {
  mediaType: MediaType;
  /** Pixels after EXIF orientation. */
  width: number;
  height: number;
}

/** The first bytes of each accepted kind, as hexadecimal digits; a dot matches any digit. */
const SIGNATURES: [RegExp, MediaType][] = [
  [/^ffd8ff/, 'image/jpeg'],
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^52494646.{8}57454250/, 'image/webp'],
];

/**
 * Reads an image's kind from its first bytes and its size from its header, without decoding it, and refuses what is not
 * accepted. A decoder's memory depends on the number of pixels, which is checked here, before decoding.
 */
export function inspectImage(bytes: Buffer, maxPixels: number): Inspected {
  const first = bytes.toString('hex', 0, 12);
  const mediaType = SIGNATURES.find(([signature]) => signature.test(first))?.[1];
  if (!mediaType)
    throw new ProblemError('unsupported_image_kind', 'Expected a JPEG, PNG or WebP image.');
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
  return { mediaType, width, height };
}
