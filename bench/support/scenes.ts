import sharp from 'sharp';
import { renderScene, type Sign } from '../../test/support/render-scene.js';

interface Size {
  width: number;
  height: number;
}

const SNAPSHOT = { width: 979, height: 551 };
/** Gives a snapshot of about 100 kB. */
const QUALITY = 97;

/** Different snapshots of 979 x 551 pixels and about 100 kB, most of them with a sign. */
export async function snapshots(count: number): Promise<Buffer[]> {
  const made: Buffer[] = [];
  for (let seed = 1; seed <= count; seed++) {
    const signs: Sign[] =
      seed % 4 === 0 ? [] : [{ cx: 300 + 90 * (seed % 5), cy: 220, size: 40 + 20 * (seed % 4) }];
    const { jpeg } = await renderScene({ ...SNAPSHOT, seed, signs });
    made.push(await sharp(jpeg).jpeg({ quality: QUALITY }).toBuffer());
  }
  return made;
}

/** A photo with one sign that takes a tenth of its width. */
export async function photo({ width, height }: Size): Promise<Buffer> {
  const sign = { cx: width * 0.7, cy: height * 0.4, size: width * 0.1 };
  const { jpeg } = await renderScene({ width, height, seed: 5, signs: [sign] });
  return jpeg;
}
