import { roundHalfEven, type Size } from './geometry.js';

/** Sizes are in pixels of the image; a `maxSize` with a side of zero sets no limit. */
export interface ScaleRange {
  /** Above 1. */
  scaleFactor: number;
  minSize: Size;
  maxSize: Size;
}

/** One size of the image at which windows are searched. */
export interface ScaleLevel extends Size {
  /** Of the image to this level: a 32-bit float. */
  scale: number;
  /** Between windows, both ways. */
  step: 1 | 2;
  /** Windows begin at columns and rows below these. */
  columns: number;
  rows: number;
}

/** Limits the levels of a `scaleFactor` near 1. */
export const MAX_LEVELS = 2000;

/** OpenCV shares an image's rows out to threads in stripes, of this many columns of windows at the first level. */
const STRIPE_COLUMNS = 32;

/**
 * The levels that OpenCV's `detectMultiScale` searches, in its order (4.6, `cascadedetect.cpp`:
 * `detectMultiScaleNoGrouping`, `updateScaleData`, and `CascadeClassifierInvoker` on one thread).
 */
export function planLevels(image: Size, window: Size, range: ScaleRange): ScaleLevel[] {
  const scales = chooseScales(image, window, range);
  const levels = scales.map((scale) => {
    const width = roundHalfEven(Math.fround(image.width / scale));
    const height = roundHalfEven(Math.fround(image.height / scale));
    return {
      scale,
      width,
      height,
      step: scale >= 2 ? (1 as const) : (2 as const),
      columns: Math.max(width + 1 - window.width, 0),
      rows: Math.max(height + 1 - window.height, 0),
    };
  });
  const stripes = Math.ceil((levels[0]?.columns ?? 0) / STRIPE_COLUMNS);
  return levels
    .map((level) => ({ ...level, rows: rowsOfStripes(level, stripes) }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Stripes hold whole steps, which can leave the last row of windows out. */
function rowsOfStripes({ rows, step }: ScaleLevel, stripes: number): number {
  const stripe = Math.max(Math.floor((Math.floor(rows / step) + stripes - 1) / stripes), 1) * step;
  return Math.min(stripes * stripe, rows);
}

function chooseScales(image: Size, window: Size, range: ScaleRange): number[] {
  const all = allScales(image, window, range.scaleFactor);
  const { minSize } = range;
  const noLimit = range.maxSize.width === 0 || range.maxSize.height === 0;
  const maxSize = noLimit ? image : range.maxSize;
  const chosen: number[] = [];
  for (const scale of all) {
    const { width, height } = windowAt(window, scale);
    if (width > maxSize.width || height > maxSize.height) break;
    if (width >= minSize.width && height >= minSize.height) chosen.push(scale);
  }
  return chosen.length > 0 ? chosen : nearestTo(minSize, window, all);
}

function allScales(image: Size, window: Size, scaleFactor: number): number[] {
  if (!(scaleFactor > 1)) throw new RangeError('scaleFactor must be above 1');
  const scales: number[] = [];
  for (let factor = 1; ; factor *= scaleFactor) {
    const width = roundHalfEven(window.width * factor);
    const height = roundHalfEven(window.height * factor);
    if (width > image.width || height > image.height) return scales;
    if (scales.length === MAX_LEVELS) throw new RangeError('scaleFactor is too close to 1');
    scales.push(Math.fround(factor));
  }
}

/** OpenCV searches one scale even if none is within the limits: the one nearest to the smallest size. */
function nearestTo(size: Size, window: Size, scales: number[]): number[] {
  let nearest: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const scale of scales) {
    const { width, height } = windowAt(window, scale);
    // In 32-bit integers, as there.
    const across = Math.imul(size.width - width, size.width - width);
    const distance = (across + Math.imul(size.height - height, size.height - height)) | 0;
    if (distance < least) [nearest, least] = [scale, distance];
  }
  return nearest === undefined ? [] : [nearest];
}

/** A window's size in the image, of a level of that scale. */
export const windowAt = (window: Size, scale: number): Size => ({
  width: atScale(window.width, scale),
  height: atScale(window.height, scale),
});

/** A place or length of a level, in the image: single precision, as in OpenCV. */
export const atScale = (pixels: number, scale: number): number =>
  roundHalfEven(Math.fround(pixels * scale));
