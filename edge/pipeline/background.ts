import type { MotionValues } from '../../core/contract/camera-management.js';
import type { Thumbnail } from '../../core/detection/detection.js';

/** Weight of the newest thumbnail in the running mean and deviation. */
const LEARNING = 0.1;
/** The same for the deviation of a cell that changed: a passing car must not make its cells insensitive for long. */
const SLOW_LEARNING = 0.02;
/** A change counts from this many times the cell's deviation … */
const DEVIATIONS = 4;
/** … and always from this many levels, so that no cell becomes blind. */
const CERTAIN = 32;
/** Changed cells that touch each other; a single one is noise. */
const LEAST_CELLS = 2;
/** Ratios of the whole picture's brightness to the background's beyond which it is another scene. */
const DARKEST = 0.6;
const BRIGHTEST = 1.7;
/** Cells darker than this are not used to measure the light. */
const DIM = 16;

const MOST = 255;

/** A thumbnail compared with the background, in grey levels. */
export type Measured = Pick<MotionValues, 'columns' | 'rows' | 'cells' | 'change' | 'changedShare'>;

/**
 * A small model of a scene as it was when it was last searched. It adapts to slow changes of light with a running mean and
 * a running deviation for each cell. Changes of the whole picture's light are removed first (the median ratio to the mean).
 */
export class Background {
  readonly #mean: Float32Array;
  readonly #deviation: Float32Array;
  readonly #changed: Uint8Array;
  /** Of the last thumbnail, in grey levels; 0 where the cell is usually that restless. */
  readonly #differences: Uint8Array;
  readonly #width: number;
  readonly #height: number;

  constructor({ width, height, grey }: Thumbnail) {
    this.#width = width;
    this.#height = height;
    this.#mean = Float32Array.from(grey);
    this.#deviation = new Float32Array(grey.length);
    this.#changed = new Uint8Array(grey.length);
    this.#differences = new Uint8Array(grey.length);
  }

  fits({ width, height }: Thumbnail): boolean {
    return width === this.#width && height === this.#height;
  }

  /** Whether anything of at least two cells differs from the background by `threshold` levels or more. Adapts to the thumbnail. */
  isMoved({ grey }: Thumbnail, threshold: number): boolean {
    const gain = this.#gain(grey);
    if (gain < DARKEST || gain > BRIGHTEST) {
      this.#differences.fill(MOST);
      return true;
    }
    let any = false;
    for (let i = 0; i < grey.length; i++) {
      const expected = (this.#mean[i] ?? 0) * gain;
      const difference = Math.abs((grey[i] ?? 0) - expected);
      const usual = this.#deviation[i] ?? 0;
      const restless = Math.min(CERTAIN, DEVIATIONS * usual);
      const limit = Math.max(threshold, restless);
      this.#differences[i] = difference >= restless ? Math.min(MOST, difference) : 0;
      const changed = difference >= limit;
      this.#changed[i] = changed ? 1 : 0;
      any ||= changed;
      const rate = changed ? SLOW_LEARNING : LEARNING;
      this.#deviation[i] = usual + rate * (Math.min(difference, CERTAIN) - usual);
      if (!changed) this.#mean[i] = expected + LEARNING * ((grey[i] ?? 0) - expected);
      else this.#mean[i] = expected;
    }
    return any && this.#hasPatch();
  }

  /** How much the last thumbnail differed from the background. */
  measured(threshold: number): Measured {
    const differences = this.#differences;
    const isChanged = (difference: number) => difference >= threshold;
    return {
      columns: this.#width,
      rows: this.#height,
      cells: [...differences],
      change: this.#largestPair(),
      changedShare: differences.filter(isChanged).length / Math.max(1, differences.length),
    };
  }

  /** The largest difference that two cells have that touch each other: up to it, a threshold finds motion. */
  #largestPair(): number {
    let largest = 0;
    const at = (x: number, y: number) =>
      x >= 0 && x < this.#width && y < this.#height
        ? (this.#differences[y * this.#width + x] ?? 0)
        : 0;
    for (let y = 0; y < this.#height; y++)
      for (let x = 0; x < this.#width; x++) {
        const beside = Math.max(at(x + 1, y), at(x - 1, y + 1), at(x, y + 1), at(x + 1, y + 1));
        largest = Math.max(largest, Math.min(at(x, y), beside));
      }
    return largest;
  }

  /** The picture was searched: later ones are compared with it. */
  adopt({ grey }: Thumbnail): void {
    this.#mean.set(grey);
  }

  /** How much brighter the picture is than the background: the median over the cells that are not dim. */
  #gain(grey: Uint8Array): number {
    const ratios: number[] = [];
    for (let i = 0; i < grey.length; i += 3) {
      const mean = this.#mean[i] ?? 0;
      if (mean >= DIM) ratios.push((grey[i] ?? 0) / mean);
    }
    if (ratios.length < grey.length / 30) return 1;
    const sorted = Float32Array.from(ratios).sort();
    return sorted[sorted.length >> 1] ?? 1;
  }

  #hasPatch(): boolean {
    const at = (x: number, y: number) =>
      x >= 0 && x < this.#width && y < this.#height ? (this.#changed[y * this.#width + x] ?? 0) : 0;
    for (let y = 0; y < this.#height; y++)
      for (let x = 0; x < this.#width; x++) {
        const touching = at(x + 1, y) + at(x - 1, y + 1) + at(x, y + 1) + at(x + 1, y + 1);
        if (at(x, y) === 1 && 1 + touching >= LEAST_CELLS) return true;
      }
    return false;
  }
}
