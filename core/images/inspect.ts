import { imageSize } from 'image-size';
import type { ImageResource } from '../contract/image.js';
import { ProblemError } from '../runtime/errors.js';

export type MediaType = ImageResource['mediaType'];

export interface Inspected {
  mediaType: MediaType;
  /** Pixels after EXIF orientation. */
  width: number;
  height: number;
}

/** EXIF orientations from 5 on are turned by a quarter. */
const FIRST_QUARTER_TURN = 5;

/**
 * Tells an image's kind by its first bytes and its size by its header, without decoding it, and refuses what is
 * not accepted: the number of pixels is what a decoder's memory depends on, and it is known before.
 */
export function inspectImage(bytes: Buffer, maxPixels: number): Inspected {
  const kind = kindOf(bytes);
  if (!kind)
    throw new ProblemError('unsupported_image_kind', 'Expected a JPEG, PNG or WebP image.');
  const { width, height } = sizeOf(bytes);
  if (width * height > maxPixels)
    throw new ProblemError(
      'too_many_pixels',
      `The image has ${width} × ${height} pixels; at most ${maxPixels} are accepted.`,
    );
  return { mediaType: kind, width, height };
}

function kindOf(bytes: Buffer): MediaType | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  if (bytes.readUInt32BE(0) === 0x89504e47) return 'image/png';
  const riff = bytes.toString('latin1', 0, 4) === 'RIFF';
  return riff && bytes.toString('latin1', 8, 12) === 'WEBP' ? 'image/webp' : undefined;
}

function sizeOf(bytes: Buffer): { width: number; height: number } {
  try {
    const { width, height, orientation = 1 } = imageSize(bytes);
    if (!(width > 0 && height > 0)) throw new Error(`it says ${width} × ${height}`);
    return orientation < FIRST_QUARTER_TURN ? { width, height } : { width: height, height: width };
  } catch (error) {
    throw new ProblemError('image_undecodable', 'The header of the image cannot be read.', {
      cause: error,
    });
  }
}
