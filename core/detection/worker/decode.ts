import type { Extent } from '../boxes.js';
import type {
  ColourPixels,
  DecodedPicture,
  DecodeOptions,
  NativeDecoder,
} from '../decoder/native-decoder.js';
import { costDetail, type ImageHeader, readImageHeader, uprightSize } from '../image-header.js';
import { ColourPictures, narrowed } from './colour-pictures.js';
import { GreyImage } from './grey-image.js';
import { PixelMemory } from './pixel-memory.js';
import { Refusal } from './refusal.js';

export interface DecodedGrey {
  /** Size of the whole image when upright, not of the decoded one. */
  width: number;
  height: number;
  /** Upright, its longer side not above the working size. */
  image: GreyImage;
  /** Whether pixels are missing or made up. */
  damaged: boolean;
}

/** What of an image is searched; each part is there if it was asked for. */
export interface DecodedImage extends Omit<DecodedGrey, 'image'> {
  grey: GreyImage | undefined;
  /** Upright. */
  colour: ColourPixels | undefined;
}

export interface ImageRequest extends GreyRequest {
  grey: boolean;
  /** How large the picture in colour has to be, as a part of the image's size, which is given upright. */
  colourScale: ((size: Extent) => number) | undefined;
}

export interface DecodedColour {
  width: number;
  height: number;
  /** Blue, green and red of each pixel. */
  bytes: Uint8Array;
  /** Size of the whole image when upright. */
  whole: Extent;
}

export interface GreyRequest {
  /** Limit on the longer side; 0 sets none. */
  workingSize: number;
  acceptDamaged: boolean;
}

/**
 * How many scans a JPEG may have, and how many samples they may go over in all: that is two seconds of a core at most,
 * unless larger images are accepted than by default. Encoders write about ten scans, which go over each pixel 14 times
 * if the colours have all of them.
 */
const MAX_SCANS = 500;
const MAX_SCANNED = 8e8;
const MAX_SCANNED_PER_PIXEL = 16;

/**
 * Kinds whose size is certain only when they are decoded: a part of the picture may be cut out, or the picture turned.
 */
const DECODED_SIZE: ImageHeader['kind'][] = ['heif', 'jxl'];

/** Decodes the images of a worker, one at a time. */
export class ImageDecoder {
  readonly colours: ColourPictures;
  /** Of the image as decoded, and of its copies; the last one in use is that of the result. */
  readonly #decoded = new PixelMemory();
  readonly #copies = [new PixelMemory(), new PixelMemory()] as const;

  constructor(
    readonly native: NativeDecoder,
    private readonly maxPixels: number,
  ) {
    this.colours = new ColourPictures(native);
  }

  /**
   * Decodes to grey, no larger than is searched, for as long as `use` runs. libjpeg decodes a JPEG at an eighth, a
   * quarter or half of its size at a fraction of the cost of the whole, and area averaging does the rest.
   */
  withGrey<T>(bytes: Buffer, request: GreyRequest, use: (decoded: DecodedGrey) => T): T {
    try {
      return use(this.#decodeGrey(bytes, request));
    } finally {
      for (const memory of [this.#decoded, ...this.#copies]) memory.trim();
    }
  }

  /**
   * The same for what is searched in grey, in colour or in both, for as long as `use` runs. Both come from one decode
   * if the grey is then the same as if it was decoded alone.
   */
  async withImage<T>(
    bytes: Buffer,
    request: ImageRequest,
    use: (decoded: DecodedImage) => Promise<T>,
  ): Promise<T> {
    try {
      return await use(this.#decodeImage(bytes, request));
    } finally {
      this.colours.trim();
      for (const memory of [this.#decoded, ...this.#copies]) memory.trim();
    }
  }

  #decodeImage(bytes: Buffer, request: ImageRequest): DecodedImage {
    const { workingSize, acceptDamaged, grey: wantsGrey, colourScale } = request;
    if (!colourScale) {
      const { image, ...rest } = this.#decodeGrey(bytes, request);
      return { ...rest, grey: image, colour: undefined };
    }
    const header = this.#checkedHeader(bytes);
    const scale = colourScale(uprightSize(header));
    const isJpeg = header.kind === 'jpeg';
    const ofGrey = isJpeg ? denominatorOf(header, workingSize) : 1;
    const ofColour = isJpeg ? largestDenominator(1 / scale) : 1;
    // More pixels than the colour needs do it no harm; the grey is exactly that of its own denominator.
    const isShared = wantsGrey && ofColour >= ofGrey;
    const denominator = isShared ? ofGrey : ofColour;
    let pixels: Uint8Array = new Uint8Array();
    const options = { colour: true, ycc: true, denominator };
    const picture = this.#decode(header, bytes, options, (count) => {
      pixels = this.colours.take(count);
      return pixels;
    });
    if (picture.damaged && !acceptDamaged) throw damage(picture);
    const { width, height, ycc, damaged, holdsGrey } = picture;
    const { orientation } = header;
    const whole = denominator === 1 ? picture : header;
    const size = uprightSize({ width: whole.width, height: whole.height, orientation });
    const decoded = { width, height, ycc, bytes: pixels };
    const grey = !wantsGrey
      ? undefined
      : isShared && holdsGrey
        ? this.#greyOf(decoded, whole, workingSize, orientation)
        : this.#decodeGrey(bytes, request).image;
    const limit = scaledLimit(whole, workingSize, scale);
    const colour = this.colours.upright(this.colours.capped(decoded, whole, limit), orientation);
    return { ...size, damaged, grey, colour };
  }

  #greyOf(
    picture: ColourPixels,
    size: Extent,
    workingSize: number,
    orientation: number,
  ): GreyImage {
    const to = this.#decoded.take(picture.width * picture.height);
    this.native.grey(picture, to);
    const image = new GreyImage(picture.width, picture.height, to);
    return this.#upright(this.#fitted(image, size, workingSize), orientation);
  }

  #decodeGrey(bytes: Buffer, { workingSize, acceptDamaged }: GreyRequest): DecodedGrey {
    const header = this.#checkedHeader(bytes);
    const denominator = header.kind === 'jpeg' ? denominatorOf(header, workingSize) : 1;
    let pixels: Uint8Array = new Uint8Array();
    const picture = this.#decode(header, bytes, { colour: false, denominator }, (count) => {
      pixels = this.#decoded.take(count);
      return pixels;
    });
    if (picture.damaged && !acceptDamaged) throw damage(picture);
    const decoded = new GreyImage(picture.width, picture.height, pixels);
    const size = denominator === 1 ? picture : header;
    const { orientation } = header;
    const image = this.#upright(this.#fitted(decoded, size, workingSize), orientation);
    const { width, height } = uprightSize({ ...size, orientation });
    return { width, height, image, damaged: picture.damaged };
  }

  /**
   * Decodes the image in colour, upright, even if it is damaged; with `across`, no wider than that: a JPEG at as little as
   * an eighth of its size.
   */
  decodeColour(bytes: Buffer, across = Number.POSITIVE_INFINITY): DecodedColour {
    const header = this.#checkedHeader(bytes);
    const { orientation } = header;
    const ratio = uprightSize(header).width / across;
    const denominator = header.kind === 'jpeg' ? largestDenominator(ratio) : 1;
    let pixels: Uint8Array = new Uint8Array();
    const picture = this.#decode(header, bytes, { colour: true, denominator }, (count) => {
      pixels = new Uint8Array(count);
      return pixels;
    });
    const { width, height } = denominator === 1 ? picture : header;
    const whole = uprightSize({ width, height, orientation });
    const decoded = { width: picture.width, height: picture.height, ycc: false, bytes: pixels };
    const copy = narrowed(this.native, decoded, { width, height }, across / whole.width);
    if (orientation === 1) return { ...copy, whole };
    const turned = new Uint8Array(copy.bytes.length);
    this.native.turn(copy.bytes, copy.width, copy.height, 3, orientation, turned);
    return { ...uprightSize({ ...copy, orientation }), bytes: turned, whole };
  }

  #decode(
    header: ImageHeader,
    bytes: Buffer,
    options: Pick<DecodeOptions, 'colour' | 'ycc' | 'denominator'>,
    allocate: (count: number) => Uint8Array,
  ): DecodedPicture {
    const { maxPixels } = this;
    const maxScanned = Math.max(MAX_SCANNED, MAX_SCANNED_PER_PIXEL * maxPixels);
    const limits = { ...options, maxPixels, maxScans: MAX_SCANS, maxScanned };
    const picture = this.native.decode(header.kind, bytes, limits, allocate);
    if ('missing' in picture)
      throw new Refusal(
        'unsupported_image_kind',
        `This kind of image needs the Debian package ${picture.missing}, which is not installed here.`,
      );
    if ('error' in picture)
      throw new Refusal('image_undecodable', `The image does not decode: ${picture.error.trim()}.`);
    if ('tooCostly' in picture) throw tooCostly(picture.tooCostly);
    if ('tooLarge' in picture) throw tooManyPixels(picture, maxPixels);
    const isAsAnnounced = (side: 'width' | 'height') =>
      picture[side] === Math.ceil(header[side] / options.denominator);
    if (!DECODED_SIZE.includes(header.kind) && !(isAsAnnounced('width') && isAsAnnounced('height')))
      throw new Refusal('image_undecodable', 'The header of the image gives two sizes.');
    return picture;
  }

  #checkedHeader(bytes: Buffer): ImageHeader {
    const header = readImageHeader(bytes);
    if (!header) throw new Refusal('image_undecodable', 'The image has no readable header.');
    if (header.excess !== undefined) throw tooCostly(header.excess);
    if (header.width * header.height > this.maxPixels) throw tooManyPixels(header, this.maxPixels);
    return header;
  }

  /** `size` is that of the whole image. */
  #fitted(image: GreyImage, size: Extent, workingSize: number): GreyImage {
    const longer = longerOf(size);
    const scale = capOf(size, workingSize) / longer;
    const width = Math.max(1, Math.round(size.width * scale));
    const height = Math.max(1, Math.round(size.height * scale));
    if (image.width === width && image.height === height) return image;
    const to = this.#copies[0].take(width * height);
    this.native.reduce(image.bytes, image.width, image.height, to, width, height);
    this.#decoded.clear();
    return new GreyImage(width, height, to);
  }

  #upright(image: GreyImage, orientation: number): GreyImage {
    if (orientation === 1) return image;
    const { width, height, bytes } = image;
    const to = this.#copies[1].take(width * height);
    this.native.turn(bytes, width, height, 1, orientation, to);
    const size = uprightSize({ width, height, orientation });
    return new GreyImage(size.width, size.height, to);
  }
}

const longerOf = ({ width, height }: Extent) => Math.max(width, height);

/** The longer side of what is searched. */
const capOf = (size: Extent, workingSize: number) =>
  workingSize === 0 ? longerOf(size) : Math.min(workingSize, longerOf(size));

/**
 * Limit on the longer side of a picture in colour; none if the models' inputs have fewer pixels than the working size.
 */
const scaledLimit = (size: Extent, workingSize: number, scale: number) => {
  const cap = capOf(size, workingSize);
  return scale * longerOf(size) < cap - 0.5 ? Number.POSITIVE_INFINITY : cap;
};

const denominatorOf = (size: Extent, workingSize: number) =>
  largestDenominator(longerOf(size) / capOf(size, workingSize));

/** The largest one that is not above the ratio of the image's size to the needed one. */
function largestDenominator(ratio: number): DecodeOptions['denominator'] {
  if (ratio >= 8) return 8;
  if (ratio >= 4) return 4;
  return ratio >= 2 ? 2 : 1;
}

const tooManyPixels = ({ width, height }: Extent, maxPixels: number) =>
  new Refusal(
    'too_many_pixels',
    `The image has ${width} × ${height} pixels; ${maxPixels} are accepted.`,
  );

const tooCostly = (reason: string) => new Refusal('image_too_costly', costDetail(reason));

function damage({ whole, reason }: DecodedPicture): Refusal {
  const percent = Math.min(99, Math.floor(whole * 100));
  return new Refusal(
    'image_damaged',
    `The image is damaged: ${percent} % of it is whole (${reason}).`,
  );
}
