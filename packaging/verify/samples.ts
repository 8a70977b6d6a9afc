import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { projectRoot } from '../../core/runtime/project-root.js';

/** The red square of /root/square.png, in pixels. */
export const SQUARE = { x: 60, y: 60, side: 80 };

/** The settings of the model that finds it. */
export const SQUARE_SETTINGS = 'family: yolov8\nlabels: [red, green, blue]\n';

/**
 * Files for the checks, by path in the machine; those that are made go into `folder`. There is the sample as JPEG, as PNG
 * and WebP with the same pixels, and as a video of three frames; a model and its picture; and all samples.
 */
export async function samplesIn(folder: string): Promise<Record<string, string>> {
  const at = (name: string) => join(folder, name);
  const samples = join(projectRoot(), 'samples');
  const sample = join(samples, '4-two-signs.jpg');
  const jpeg = readFileSync(sample);
  await sharp(jpeg).png().toFile(at('sample.png'));
  await sharp(jpeg).webp({ lossless: true }).toFile(at('sample.webp'));
  // FFmpeg knows the form by the name.
  writeFileSync(at('clip.mjpeg'), Buffer.concat([jpeg, jpeg, jpeg]));
  writeFileSync(at('square.onnx'), await squareModel());
  await squarePicture(at('square.png'));
  return {
    '/root/sample.jpg': sample,
    '/root/sample.png': at('sample.png'),
    '/root/sample.webp': at('sample.webp'),
    '/root/square.png': at('square.png'),
    '/root/square.onnx': at('square.onnx'),
    '/srv/clip.mjpeg': at('clip.mjpeg'),
    '/srv/samples': samples,
  };
}

/** A model of the tests. By its path, since the build of an image has no tests. */
async function squareModel(): Promise<Buffer> {
  const tests: { squareModel(side: number): Buffer } = await import(
    join(projectRoot(), 'dist', 'test', 'support', 'square-model.js')
  );
  return tests.squareModel(64);
}

async function squarePicture(file: string): Promise<void> {
  const { x, y, side } = SQUARE;
  const square = { width: side, height: side, channels: 3 as const, background: '#ff3030' };
  await sharp({ create: { width: 200, height: 200, channels: 3, background: '#202020' } })
    .composite([{ input: { create: square }, left: x, top: y }])
    .png()
    .toFile(file);
}
