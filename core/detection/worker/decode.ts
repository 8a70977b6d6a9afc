import { consume, type Mat, type OpenCv } from '../../opencv/opencv.js';
import { type ImageHeader, readImageHeader, uprightSize } from '../image-header.js';
import { GreyImage } from './grey-image.js';
import { Refusal } from './refusal.js';

export interface DecodedGrey {
  /** Size of the whole image when upright, not of the decoded one. */
  width: number;
  height: number;
  /** Upright, its longer side not above the working size. */
  image: GreyImage;
}

/**
 * Decodes to grey, no larger than is searched: `workingSize` caps the longer side (0: no cap). libjpeg
 * decodes a JPEG at an eighth, a quarter or half of its size at a fraction of the cost of the whole, and area
 * averaging does the rest.
 */
export function decodeGrey(
  cv: OpenCv,
  bytes: Buffer,
  workingSize: number,
  maxPixels: number,
): DecodedGrey {
  const header = checkedHeader(bytes, maxPixels);
  const longer = Math.max(header.width, header.height);
  const cap = workingSize === 0 ? longer : Math.min(workingSize, longer);
  const flags = header.kind === 'jpeg' ? reducedGrey(cv, longer / cap) : cv.IMREAD_GRAYSCALE;
  const decoded = decode(cv, bytes, flags);
  const scale = cap / longer;
  const rows = Math.max(1, Math.round(header.height * scale));
  const cols = Math.max(1, Math.round(header.width * scale));
  const fitted =
    decoded.rows === rows && decoded.cols === cols
      ? decoded
      : consume(decoded, (mat) => mat.resize(rows, cols, 0, 0, cv.INTER_AREA));
  return {
    ...uprightSize(header),
    image: new GreyImage(cv, upright(cv, fitted, header.orientation)),
  };
}

/** Decodes the whole image in colour, upright. The caller releases it. */
export function decodeColour(cv: OpenCv, bytes: Buffer, maxPixels: number): Mat {
  const header = checkedHeader(bytes, maxPixels);
  return upright(cv, decode(cv, bytes, cv.IMREAD_COLOR), header.orientation);
}

function checkedHeader(bytes: Buffer, maxPixels: number): ImageHeader {
  const header = readImageHeader(bytes);
  if (!header)
    throw new Refusal('image_undecodable', 'The image has no readable JPEG, PNG or WebP header.');
  if (header.truncated)
    throw new Refusal('image_undecodable', 'The image ends before its pixels do.');
  if (header.width * header.height > maxPixels)
    throw new Refusal(
      'too_many_pixels',
      `The image has ${header.width} × ${header.height} pixels; ${maxPixels} are accepted.`,
    );
  return header;
}

function reducedGrey(cv: OpenCv, ratio: number): number {
  if (ratio >= 8) return cv.IMREAD_REDUCED_GRAYSCALE_8;
  if (ratio >= 4) return cv.IMREAD_REDUCED_GRAYSCALE_4;
  if (ratio >= 2) return cv.IMREAD_REDUCED_GRAYSCALE_2;
  return cv.IMREAD_GRAYSCALE;
}

/** OpenCV's versions differ in the kinds whose orientation they apply; `upright` does it for all. */
function decode(cv: OpenCv, bytes: Buffer, flags: number): Mat {
  const mat = cv.imdecode(bytes, flags | cv.IMREAD_IGNORE_ORIENTATION);
  if (mat.rows === 0) throw new Refusal('image_undecodable', 'The image does not decode.');
  return mat;
}

/** Undoes an EXIF orientation (CIPA DC-008, tag 0x0112). */
function upright(cv: OpenCv, mat: Mat, orientation: number): Mat {
  const mirrored = (m: Mat) => m.flip(1);
  switch (orientation) {
    case 2:
      return consume(mat, mirrored);
    case 3:
      return consume(mat, (m) => m.rotate(cv.ROTATE_180));
    case 4:
      return consume(mat, (m) => m.flip(0));
    case 5:
      return consume(mat, (m) => consume(m.rotate(cv.ROTATE_90_CLOCKWISE), mirrored));
    case 6:
      return consume(mat, (m) => m.rotate(cv.ROTATE_90_CLOCKWISE));
    case 7:
      return consume(mat, (m) => consume(m.rotate(cv.ROTATE_90_COUNTERCLOCKWISE), mirrored));
    case 8:
      return consume(mat, (m) => m.rotate(cv.ROTATE_90_COUNTERCLOCKWISE));
    default:
      return mat;
  }
}
