import type { CascadeModel, HaarFeature, HaarTest, LbpTest, Stage } from './cascade-model.js';
import { nodesOf } from './tree-nodes.js';

/** A float holds every integer up to this. */
const EXACT_FLOAT = 2 ** 24;
const WHITE = 255;
/** The kernel sums squares of pixels in 32 signed bits, and an LBP cell in 16 unsigned ones. */
const MAX_AREA = Math.floor((2 ** 31 - 1) / WHITE ** 2);
const MAX_CELL = Math.floor((2 ** 16 - 1) / WHITE);
const MAX_SIDE = 512;

/** Why the engine would not find exactly what OpenCV finds, or undefined if it would. */
export function unsupportedReason(model: CascadeModel): string | undefined {
  const { width, height } = model.window;
  if (Math.min(width, height) < 3 || Math.max(width, height) > MAX_SIDE) {
    return `its window is not between 3 and ${MAX_SIDE} pixels a side`;
  }
  if (model.kind === 'lbp') return reasonOfLbp(model.stages);
  if ((width - 2) * (height - 2) > MAX_AREA) return 'its window is too large';
  return reasonOfHaar(model.stages);
}

function reasonOfHaar(stages: Stage<HaarTest>[]): string | undefined {
  const features = testsOf(stages).map(({ feature }) => feature);
  if (features.some(({ rectangles }) => rectangles.some((r) => !Number.isInteger(r.weight)))) {
    return 'it has weights that are not integers';
  }
  if (features.some((feature) => largestValue(feature) >= EXACT_FLOAT)) {
    return 'it has features too large for single precision';
  }
  return undefined;
}

function largestValue({ tilted, rectangles }: HaarFeature): number {
  const pixels = (r: { width: number; height: number }) => r.width * r.height * (tilted ? 2 : 1);
  return rectangles.reduce((sum, r) => sum + Math.abs(r.weight) * pixels(r) * WHITE, 0);
}

function reasonOfLbp(stages: Stage<LbpTest>[]): string | undefined {
  if (testsOf(stages).some(({ cell }) => cell.width * cell.height > MAX_CELL)) {
    return `it has cells of more than ${MAX_CELL} pixels`;
  }
  return undefined;
}

const testsOf = <Test>(stages: Stage<Test>[]): Test[] =>
  stages.flatMap(({ trees }) => trees.flatMap((tree) => nodesOf(tree)));
