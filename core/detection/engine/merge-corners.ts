import type { HaarFeature } from './cascade-model.js';

/** How the kernel sums a feature's corners; the numbers are those of `Form` in `cascade.hpp`. */
export const FORMS = ['six', 'eightTripled', 'eight', 'nine', 'nineNegated', 'general'] as const;
export type Form = (typeof FORMS)[number];

export interface Corner {
  x: number;
  y: number;
}

/** A feature as a weighted sum of elements of the integral image, its corners in the order that its form asks for. */
export interface MergedFeature {
  form: Form;
  corners: Corner[];
  /** Of the form's rectangles, if the form does not set them. */
  weights: [number, number, number];
}

/**
 * Each form's coefficients, corner by corner. A feature has the form of
 * whichever list holds the same coefficients as its own corners do.
 */
const PATTERNS: Partial<Record<Form, number[]>> = {
  six: [1, -1, 1, -1, 2, -2],
  eightTripled: [-1, 1, 1, -1, 3, -3, -3, 3],
  nine: [1, 1, 1, 1, -2, -2, -2, -2, 4],
  nineNegated: [-1, -1, -1, -1, 2, 2, 2, 2, -4],
};

/** Corners that rectangles share are loaded once: two halves have six corners between them, a chequerboard nine. */
export function mergeCorners(feature: HaarFeature): MergedFeature {
  const merged = coefficients(feature);
  for (const [form, pattern] of Object.entries(PATTERNS) as [Form, number[]][]) {
    const corners = arrange(merged, pattern);
    if (corners) return { form, corners, weights: [0, 0, 0] };
  }
  const weight = Math.max(...merged.map(({ coefficient }) => Math.abs(coefficient)));
  const eight = arrange(merged, [-1, 1, 1, -1, weight, -weight, -weight, weight]);
  if (eight) return { form: 'eight', corners: eight, weights: [-1, weight, 0] };
  return general(feature);
}

type WeightedCorner = Corner & { coefficient: number };

function coefficients(feature: HaarFeature): WeightedCorner[] {
  const merged = new Map<string, WeightedCorner>();
  for (const { corners, weight } of rectanglesOf(feature)) {
    for (const [i, { x, y }] of corners.entries()) {
      const coefficient = i === 0 || i === 3 ? weight : -weight;
      const corner = merged.get(`${x} ${y}`);
      if (corner) corner.coefficient += coefficient;
      else merged.set(`${x} ${y}`, { x, y, coefficient });
    }
  }
  return [...merged.values()].filter(({ coefficient }) => coefficient !== 0);
}

/** The corners in the pattern's order, or undefined if they do not have its coefficients. */
function arrange(corners: WeightedCorner[], pattern: number[]): Corner[] | undefined {
  if (corners.length !== pattern.length) return undefined;
  const left = [...corners];
  const arranged: Corner[] = [];
  for (const coefficient of pattern) {
    const at = left.findIndex((corner) => corner.coefficient === coefficient);
    const [corner] = at < 0 ? [] : left.splice(at, 1);
    if (!corner) return undefined;
    arranged.push({ x: corner.x, y: corner.y });
  }
  return arranged;
}

function general(feature: HaarFeature): MergedFeature {
  const rectangles = rectanglesOf(feature);
  const weight = (i: number) => rectangles[i]?.weight ?? 0;
  const nothing: Corner[] = Array.from({ length: 4 }, () => ({ x: 0, y: 0 }));
  return {
    form: 'general',
    corners: [0, 1, 2].flatMap((i) => rectangles[i]?.corners ?? nothing),
    weights: [weight(0), weight(1), weight(2)],
  };
}

/** A rectangle's sum is that of its first and last corner less the other two. */
function rectanglesOf({ tilted, rectangles }: HaarFeature) {
  return rectangles.map(({ x, y, width: w, height: h, weight }) => ({
    weight,
    corners: tilted
      ? [
          { x, y },
          { x: x - h, y: y + h },
          { x: x + w, y: y + w },
          { x: x + w - h, y: y + w + h },
        ]
      : [
          { x, y },
          { x: x + w, y },
          { x, y: y + h },
          { x: x + w, y: y + h },
        ],
  }));
}
