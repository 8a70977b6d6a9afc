import { readFile, stat } from 'node:fs/promises';
import type { Analysis, Detection } from '../contract/detection.js';
import type { DetectionModule } from '../detection/create-detection.js';
import { messageOf, StartError } from '../runtime/errors.js';

const MAX_IMAGE_BYTES = 100_000_000;

/** Throws StartError. */
export async function readImage(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_IMAGE_BYTES) throw new StartError(`${path} is larger than 100 MB`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`the image cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** What a detector finds in an image. It searches twice: the first time includes loading the detector. */
export async function tryDetector(
  { catalog, pool }: DetectionModule,
  id: string,
  image: Buffer,
  json: boolean,
): Promise<string> {
  const plan = catalog.plan({ detector: [id] });
  const first = await pool.analyse(image, plan);
  const again = await pool.analyse(image, plan);
  if (json) return JSON.stringify({ ...again, firstTimes: first.times });
  return [...resultOf(again), timesOf(first, again)].join('\n');
}

function resultOf({ width, height, detections }: Analysis): string[] {
  const size = `${width} × ${height} pixels`;
  if (detections.length === 0) return [`Nothing found in ${size}.`];
  const found = detections.toSorted((a, b) => b.confidence - a.confidence).map(lineOf);
  return [`${detections.length} found in ${size}:`, ...found];
}

function lineOf({ label, confidence, box: { x, y, width, height } }: Detection): string {
  return `  ${label.padEnd(20)} ${confidence.toFixed(2)}  ${width} × ${height} at ${x}, ${y}`;
}

function timesOf(first: Analysis, again: Analysis): string {
  const { decodeMs, detectMs } = again.times;
  return `Decoded in ${decodeMs} ms, searched in ${detectMs} ms (the first time, with loading: ${first.times.detectMs} ms).`;
}
