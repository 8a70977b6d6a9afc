import sharp, { type Sharp } from 'sharp';
import type { Box } from '../../core/contract/detection.js';
import { seededRandom } from './render-random.js';
import type { Scene } from './render-scene.js';

const encode = (image: Sharp) => image.jpeg({ quality: 90 }).toBuffer();

/** Keeps the part of a box that lies in the picture; drops it where less than half is left. */
function clip({ x, y, width, height }: Box, within: { width: number; height: number }): Box[] {
  const left = Math.max(0, x);
  const top = Math.max(0, y);
  const right = Math.min(within.width, x + width);
  const bottom = Math.min(within.height, y + height);
  if (right <= left || bottom <= top) return [];
  if ((right - left) * (bottom - top) < (width * height) / 2) return [];
  return [{ x: left, y: top, width: right - left, height: bottom - top }];
}

/** Turns clockwise; the boxes turn with the picture. */
export async function rotate(scene: Scene, degrees: 90 | 180 | 270): Promise<Scene> {
  const { width, height } = scene;
  const jpeg = await encode(sharp(scene.jpeg).rotate(degrees));
  const turn = (box: Box): Box => {
    const across = { width: box.height, height: box.width };
    if (degrees === 90) return { x: height - box.y - box.height, y: box.x, ...across };
    if (degrees === 270) return { x: box.y, y: width - box.x - box.width, ...across };
    return { ...box, x: width - box.x - box.width, y: height - box.y - box.height };
  };
  const size = degrees === 180 ? { width, height } : { width: height, height: width };
  return { jpeg, ...size, boxes: scene.boxes.map(turn) };
}

/** Mirrors left and right (`horizontal`) or top and bottom (`vertical`). */
export async function flip(scene: Scene, axis: 'horizontal' | 'vertical'): Promise<Scene> {
  const image = sharp(scene.jpeg);
  const jpeg = await encode(axis === 'horizontal' ? image.flop() : image.flip());
  const mirror = (box: Box): Box =>
    axis === 'horizontal'
      ? { ...box, x: scene.width - box.x - box.width }
      : { ...box, y: scene.height - box.y - box.height };
  return { ...scene, jpeg, boxes: scene.boxes.map(mirror) };
}

/** Gaussian blur; sigma in pixels. */
export async function blur(scene: Scene, sigma: number): Promise<Scene> {
  return { ...scene, jpeg: await encode(sharp(scene.jpeg).blur(sigma)) };
}

/** Gaussian noise in each channel; `fraction` is its standard deviation in parts of the full range. */
export async function noise(scene: Scene, fraction: number, seed = 1): Promise<Scene> {
  const { data, info } = await sharp(scene.jpeg).raw().toBuffer({ resolveWithObject: true });
  const random = seededRandom(seed);
  for (const [i, level] of data.entries())
    data[i] = Math.max(0, Math.min(255, Math.round(level + 255 * fraction * random.normal())));
  const { width, height, channels } = info;
  const jpeg = await encode(sharp(data, { raw: { width, height, channels } }));
  return { ...scene, jpeg };
}

/** Moves the picture right and down by whole pixels, not negative; what comes free is black. */
export async function shift(scene: Scene, dx: number, dy: number): Promise<Scene> {
  const { width, height } = scene;
  const kept = { left: 0, top: 0, width: width - dx, height: height - dy };
  const image = sharp(scene.jpeg).extract(kept).extend({ left: dx, top: dy, background: '#000' });
  const moved = scene.boxes.map((box) => ({ ...box, x: box.x + dx, y: box.y + dy }));
  return { ...scene, jpeg: await encode(image), boxes: moved.flatMap((box) => clip(box, scene)) };
}

/** Cuts a region out and enlarges it to the picture's size. Its sides may be scaled differently. */
export async function zoom(scene: Scene, region: Box): Promise<Scene> {
  const { width, height } = scene;
  const image = sharp(scene.jpeg)
    .extract({ left: region.x, top: region.y, width: region.width, height: region.height })
    .resize(width, height, { fit: 'fill' });
  const sx = width / region.width;
  const sy = height / region.height;
  const enlarged = scene.boxes.map((box) => ({
    x: Math.round((box.x - region.x) * sx),
    y: Math.round((box.y - region.y) * sy),
    width: Math.round(box.width * sx),
    height: Math.round(box.height * sy),
  }));
  const boxes = enlarged.flatMap((box) => clip(box, scene));
  return { ...scene, jpeg: await encode(image), boxes };
}
