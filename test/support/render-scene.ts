import sharp from 'sharp';
import type { Box } from '../../core/contract/detection.js';
import { seededRandom } from './render-random.js';
import { boxOf, drawSign, type Sign } from './render-sign.js';
import { drawStreet } from './render-street.js';

export type { Sign } from './render-sign.js';

export interface SceneOptions {
  /** Pixels. */
  width: number;
  height: number;
  /** The same seed draws the same street. */
  seed: number;
  signs: Sign[];
}

/** A snapshot as JPEG bytes, with the boxes that a search for stop signs is expected to find. */
export interface Scene {
  jpeg: Buffer;
  width: number;
  height: number;
  boxes: Box[];
}

/** Draws a street with stop signs. The same options give the same bytes. */
export async function renderScene(options: SceneOptions): Promise<Scene> {
  const { width, height, seed, signs } = options;
  const random = seededRandom(seed);
  const street = drawStreet(width, height, random);
  const drawn = signs.map((sign) => drawSign(sign, street.groundBelow(sign.size), random));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${street.svg}${drawn.join('')}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .blur(0.6)
    .raw()
    .toBuffer({ resolveWithObject: true });
  addSensorNoise(data, info.channels, 2.5, seed);
  const raw = { width, height, channels: info.channels };
  const jpeg = await sharp(data, { raw }).jpeg({ quality: 82 }).toBuffer();
  return { jpeg, width, height, boxes: signs.map(boxOf) };
}

/** Adds the same grey noise to the channels of each pixel, in place. `deviation` is in levels of 255. */
function addSensorNoise(pixels: Uint8Array, channels: number, deviation: number, seed: number) {
  const random = seededRandom(seed ^ 0x5eed);
  for (let i = 0; i < pixels.length; i += channels) {
    const change = deviation * random.normal();
    for (let c = i; c < i + channels; c++)
      pixels[c] = Math.max(0, Math.min(255, (pixels[c] ?? 0) + change));
  }
}
