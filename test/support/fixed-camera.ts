import sharp from 'sharp';
import { seededRandom } from './render-random.js';
import { renderScene, type Sign } from './render-scene.js';

const [WIDTH, HEIGHT] = [640, 360];

/** A street as its camera sees it, whose noise and light can be had anew for each snapshot. */
export interface View {
  /** One snapshot: `light` multiplies every level; the same seed gives the same noise. */
  snapshot(seed: number, light: number): Promise<Buffer>;
}

/** A camera that does not move, before a street with these signs. The same seed gives the same street. */
export async function fixedView(
  seed: number,
  signs: Sign[] = [],
  { width, height } = { width: WIDTH, height: HEIGHT },
): Promise<View> {
  const { jpeg } = await renderScene({ width, height, seed, signs });
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const raw = { width, height, channels: info.channels };
  return {
    snapshot: (noiseSeed, light) => {
      const random = seededRandom(noiseSeed);
      const pixels = Buffer.alloc(data.length);
      for (let i = 0; i < data.length; i += info.channels) {
        const noise = 2.5 * random.normal();
        for (let c = i; c < i + info.channels; c++)
          pixels[c] = Math.max(0, Math.min(255, (data[c] ?? 0) * light + noise));
      }
      return sharp(pixels, { raw }).jpeg({ quality: 82 }).toBuffer();
    },
  };
}

/** A slow day: the light rises and falls by a third over 500 snapshots, with small clouds. */
export const lightAt = (i: number): number =>
  1 - 0.33 * Math.sin((Math.PI * i) / 500) + 0.04 * Math.sin(i / 7);

/** Signs of 24 pixels and more, in twenty places. */
export function twentySigns(): Sign[] {
  const random = seededRandom(20);
  return Array.from({ length: 20 }, (_, i) => ({
    cx: random.between(60, WIDTH - 60),
    cy: random.between(60, HEIGHT - 120),
    size: 24 + 4 * i,
  }));
}
