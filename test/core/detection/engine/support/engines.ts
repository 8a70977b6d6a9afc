import { CascadeEngine } from '../../../../../core/detection/engine/cascade-engine.js';

/** The engine at each width of vector that this machine may have. */
export const WIDTHS = process.arch === 'x64' ? (['128', 'avx2'] as const) : (['128'] as const);

export const enginesOfThisMachine = (): CascadeEngine[] =>
  WIDTHS.map((simd) => CascadeEngine.open(simd));

/** A search of an image that is hardly larger than the window. */
export const ANY_SIZE = {
  scaleFactor: 1.2,
  minSize: { width: 1, height: 1 },
  maxSize: { width: 0, height: 0 },
};
