import { readBmpHeader } from './headers/bmp-header.js';
import { readGifHeader } from './headers/gif-header.js';
import { readHeifHeader } from './headers/heif-header.js';
import { readJpegHeader } from './headers/jpeg-header.js';
import { readJxlHeader } from './headers/jxl-header.js';
import { readPngHeader } from './headers/png-header.js';
import { readTiffHeader } from './headers/tiff-header.js';
import { readWebpHeader } from './headers/webp-header.js';

const readers = [
  readJpegHeader,
  readPngHeader,
  readWebpHeader,
  readGifHeader,
  readBmpHeader,
  readTiffHeader,
  readHeifHeader,
  readJxlHeader,
];

/**
 * What an image's header says, before anything is decoded. The size of a `heif` or `jxl` may differ from the decoded
 * one.
 */
export type ImageHeader = NonNullable<ReturnType<(typeof readers)[number]>>;

/** Reads the header of an image; undefined if it is of no known kind or malformed. */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  try {
    for (const read of readers) {
      const header = read(bytes);
      if (header) return header.width > 0 && header.height > 0 ? header : undefined;
    }
    return undefined;
  } catch (error) {
    // Reading past the end: the header itself is cut short.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Why an image is refused with `image_too_costly`, and what to do. */
export const costDetail = (reason: string): string =>
  `Decoding the image takes too much work: ${reason}. Save it again with a usual program.`;

/** Width and height after EXIF orientation. */
export function uprightSize({
  width,
  height,
  orientation,
}: Pick<ImageHeader, 'width' | 'height' | 'orientation'>) {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
