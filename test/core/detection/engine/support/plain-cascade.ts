import type { GreyPixels } from '../../../../../core/detection/engine/cascade-engine.js';
import type {
  Branch,
  CascadeModel,
  HaarTest,
  LbpTest,
  Rectangle,
  Stage,
} from '../../../../../core/detection/engine/cascade-model.js';

/**
 * The last stage's sum at an image of the size of the window, or undefined if a stage rejects it: straight from the
 * definitions of the features, and in OpenCV's precision.
 */
export function plainScore(model: CascadeModel, image: GreyPixels): number | undefined {
  return model.kind === 'haar'
    ? haarScore(model.stages, image)
    : scoreOf(model.stages, ({ cell, subset }: LbpTest) => {
        const pattern = patternOf(image, cell);
        return (((subset[pattern >> 5] ?? 0) >>> (pattern & 31)) & 1) === 1;
      });
}

function scoreOf<Test>(stages: Stage<Test>[], isLeft: (test: Test) => boolean): number | undefined {
  let sum = 0;
  for (const { threshold, trees } of stages) {
    sum = 0;
    for (const tree of trees) {
      let branch: Branch<Test> = tree;
      while (typeof branch !== 'number') branch = isLeft(branch) ? branch.left : branch.right;
      sum += branch;
    }
    if (sum < threshold) return undefined;
  }
  return sum;
}

/** OpenCV does not search windows whose deviation is ten levels of grey or less. */
function haarScore(stages: Stage<HaarTest>[], image: GreyPixels): number | undefined {
  const inner = { x: 1, y: 1, width: image.width - 2, height: image.height - 2 };
  const area = inner.width * inner.height;
  const sum = total(image, (x, y) => isIn(inner, x, y));
  const squares = total(image, (x, y) => isIn(inner, x, y), 2);
  const spread = area * squares - sum * sum;
  const norm = spread > 0 ? Math.fround(1 / Math.sqrt(spread)) : 1;
  if (area * norm >= 0.1) return undefined;
  return scoreOf(stages, ({ feature: { tilted, rectangles }, threshold }) => {
    const has = tilted ? isInTilted : isIn;
    const value = rectangles.reduce(
      (value, rectangle) => value + rectangle.weight * total(image, (x, y) => has(rectangle, x, y)),
      0,
    );
    return Math.fround(Math.fround(value) * norm) < threshold;
  });
}

function total(
  { width, data }: GreyPixels,
  has: (x: number, y: number) => boolean,
  power = 1,
): number {
  return data.reduce(
    (sum, grey, i) => (has(i % width, Math.floor(i / width)) ? sum + grey ** power : sum),
    0,
  );
}

const isIn = (rectangle: Rectangle, x: number, y: number) =>
  x >= rectangle.x &&
  x < rectangle.x + rectangle.width &&
  y >= rectangle.y &&
  y < rectangle.y + rectangle.height;

/** Turned by 45° about its corner, so that its sides go along x + y and y − x. */
function isInTilted(rectangle: Rectangle, x: number, y: number): boolean {
  const across = x + y + 1 - (rectangle.x + rectangle.y);
  const down = y - x - (rectangle.y - rectangle.x);
  return across >= 0 && across < 2 * rectangle.width && down > 0 && down <= 2 * rectangle.height;
}

/** A bit for each outer cell at least as bright as the middle one, clockwise from the upper left, highest first. */
function patternOf(image: GreyPixels, { x, y, width, height }: Rectangle): number {
  const cell = (column: number, row: number) => {
    const one = { x: x + column * width, y: y + row * height, width, height };
    return total(image, (px, py) => isIn(one, px, py));
  };
  const outer = [
    [0, 0],
    [1, 0],
    [2, 0],
    [2, 1],
    [2, 2],
    [1, 2],
    [0, 2],
    [0, 1],
  ] as const;
  const middle = cell(1, 1);
  return outer.reduce(
    (bits, [column, row]) => (bits << 1) | (cell(column, row) >= middle ? 1 : 0),
    0,
  );
}
