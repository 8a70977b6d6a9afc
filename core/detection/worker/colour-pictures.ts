import type { Orientation } from '../../contract/detection.js';
import type { Extent } from '../boxes.js';
import type { ColourPixels, NativeDecoder } from '../decoder/native-decoder.js';
import { uprightSize } from '../image-header.js';
import { ORIENTATIONS } from './grey-image.js';
import { PixelMemory } from './pixel-memory.js';

/** Makes smaller and turned copies of the picture of one image after the other, which models search. */
export class ColourPictures {
  readonly #decoded = new PixelMemory();
  readonly #copy = new PixelMemory();
  readonly #turned = new PixelMemory();

  constructor(private readonly native: NativeDecoder) {}

  /** Memory for the picture as decoded. */
  take(bytes: number): Uint8Array {
    return this.#decoded.take(bytes);
  }

  trim(): void {
    for (const memory of [this.#decoded, this.#copy]) memory.trim();
  }

  /** A copy with a longer side of `limit`, unless it is not longer. `size` is that of the whole image. */
  capped(picture: ColourPixels, size: Extent, limit: number): ColourPixels {
    if (Math.max(picture.width, picture.height) <= limit) return picture;
    const scale = limit / Math.max(size.width, size.height);
    const [width, height] = [size.width, size.height].map((side) =>
      Math.max(1, Math.round(side * scale)),
    ) as [number, number];
    const copy = this.#copy.take(width * height * 3);
    this.native.reduceColour(picture, copy, width, height);
    // The copy's memory is for the turned picture.
    const bytes = this.#decoded.take(copy.length);
    bytes.set(copy);
    return { ...picture, width, height, bytes };
  }

  /** The picture of an image that is stored with an EXIF orientation. */
  upright(picture: ColourPixels, orientation: number): ColourPixels {
    return orientation === 1 ? picture : this.#turn(picture, orientation, this.#copy);
  }

  /** The picture rotated clockwise by a multiple of 90°, for as long as `use` runs. */
  async withTurned<T>(
    picture: ColourPixels,
    orientation: Orientation,
    use: (turned: ColourPixels) => Promise<T>,
  ): Promise<T> {
    if (orientation === 0) return use(picture);
    try {
      return await use(this.#turn(picture, ORIENTATIONS[orientation], this.#turned));
    } finally {
      this.#turned.trim();
    }
  }

  #turn(picture: ColourPixels, orientation: number, memory: PixelMemory): ColourPixels {
    const { width, height, bytes } = picture;
    const to = memory.take(width * height * 3);
    this.native.turn(bytes, width, height, 3, orientation, to);
    return { ...picture, ...uprightSize({ width, height, orientation }), bytes: to };
  }
}

/** A copy with `scale` times the pixels across and down that the whole image has, unless that is more. */
export function narrowed(
  native: NativeDecoder,
  picture: ColourPixels,
  whole: Extent,
  scale: number,
): ColourPixels {
  if (scale >= 1) return picture;
  const width = Math.max(1, Math.round(whole.width * scale));
  const height = Math.max(1, Math.round(whole.height * scale));
  if (picture.width === width && picture.height === height) return picture;
  const bytes = new Uint8Array(3 * width * height);
  native.reduceColour(picture, bytes, width, height);
  return { ...picture, width, height, bytes };
}
