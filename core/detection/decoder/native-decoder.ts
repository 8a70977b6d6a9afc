import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf, StartError } from '../../runtime/errors.js';
import { projectRoot } from '../../runtime/project-root.js';
import type { Restrictions } from '../../runtime/sandbox/enter-sandbox.js';

/** The kinds of pictures that the addon decodes. */
export type DecodedKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'tiff' | 'heif' | 'jxl';

export interface DecodeOptions {
  /** Blue, green and red for each pixel; otherwise one byte of grey. */
  colour: boolean;
  /** With colour, of a JPEG that is stored so: Y, Cb and Cr in their place. */
  ycc?: boolean;
  /** Of a JPEG: the size is divided by this, rounded up. */
  denominator: 1 | 2 | 4 | 8;
  /** Limit on the width × height of the file. */
  maxPixels: number;
  /**
   * Limits on the scans of a JPEG, and on the samples that they go over in all. The second gives way to what encoders
   * do.
   */
  maxScans: number;
  maxScanned: number;
}

/** A picture whose pixels are in the memory that was allocated for it. */
export interface DecodedPicture {
  width: number;
  height: number;
  /** The pixels are Y, Cb and Cr. */
  ycc: boolean;
  /** Its grey can be taken from its colours: it is exactly the one that is decoded without them. */
  holdsGrey: boolean;
  /** Whether pixels are missing or made up. */
  damaged: boolean;
  /** The part of the picture that is certainly not damaged, 0 to 1. */
  whole: number;
  /** What the library reported of the first damage; otherwise of the first harmless fault. */
  reason: string;
}

/** Nothing was allocated. */
export type NotDecoded =
  | { tooLarge: true; width: number; height: number }
  | { error: string }
  /** Decoding takes far more work than a picture of this size needs: why. */
  | { tooCostly: string }
  /** The name of the Debian package whose library this kind needs. */
  | { missing: string };

/** A picture in colour: Y, Cb and Cr of each pixel; otherwise blue, green and red. */
export interface ColourPixels {
  width: number;
  height: number;
  ycc: boolean;
  bytes: Uint8Array;
}

/** Where a part of a picture comes in the input of a model, and what the numbers there are. */
export interface InputLayout {
  width: number;
  height: number;
  left: number;
  top: number;
  partWidth: number;
  partHeight: number;
  /** Level of the rest, 0 to 255. */
  fill: number;
  /** Red, green, blue; otherwise blue, green, red. */
  rgb: boolean;
  /** The channels of a pixel side by side; otherwise one plane after the other. */
  interleaved: boolean;
  /** In the order of the channels: (level - mean) * scale. */
  mean: readonly number[];
  scale: readonly number[];
}

/** The native addon (`native/addon.cpp`). Its functions run on the calling thread. */
export interface NativeDecoder extends Restrictions {
  /** Calls `allocate` once, after all checks of the header; otherwise the result is the reason. */
  decode(
    kind: DecodedKind,
    bytes: Uint8Array,
    options: DecodeOptions,
    allocate: (bytes: number) => Uint8Array,
  ): DecodedPicture | NotDecoded;
  /** Blue, green and red for each pixel, as a JPEG; quality 1 to 100. Throws if a side is above 65,500. */
  encodeJpeg(pixels: Uint8Array, width: number, height: number, quality: number): Buffer;
  /** A copy of a grey picture that is not larger; each pixel is the mean of an area, as with OpenCV's `INTER_AREA`. */
  reduce(
    from: Uint8Array,
    width: number,
    height: number,
    to: Uint8Array,
    toWidth: number,
    toHeight: number,
  ): void;
  /** An upright copy of a picture stored with an EXIF orientation, 1 to 8. From 5 on width and height change places. */
  turn(
    from: Uint8Array,
    width: number,
    height: number,
    channels: 1 | 3,
    orientation: number,
    to: Uint8Array,
  ): void;
  /** Fills the input of a model with a part of a picture: means of areas if it shrinks, otherwise interpolated. */
  letterbox(
    from: ColourPixels,
    part: { x: number; y: number; width: number; height: number },
    layout: InputLayout,
    to: Float32Array | Uint8Array,
  ): void;
  /** A copy that is not larger, each pixel the mean of an area, with the channels as they are. */
  reduceColour(from: ColourPixels, to: Uint8Array, toWidth: number, toHeight: number): void;
  /** The grey of each pixel. */
  grey(from: ColourPixels, to: Uint8Array): void;
  /**
   * From now on allocations fail that make it more than so many bytes (RLIMIT_DATA of getrlimit(2)); Infinity lifts it.
   */
  limitMemory(bytes: number): void;
  /** The descriptor of a file in memory that holds the bytes; the caller closes it. */
  memoryFile(bytes: Uint8Array): number;
}

/** Throws `StartError` if the addon has not been built or does not load. */
export function loadDecoder(): NativeDecoder {
  const file = join(projectRoot(), 'core/detection/decoder/native/build/Release/decoder.node');
  try {
    return createRequire(import.meta.url)(file) as NativeDecoder;
  } catch (cause) {
    throw new StartError(
      `${file} does not load; \`npm run setup\` builds it (${messageOf(cause)})`,
    );
  }
}
