import type { Point, Zone } from '../../../../core/contract/zone.js';

export const MIN_POINTS = 3;
export const MAX_POINTS = 64;

/** Fractions are kept to a ten-thousandth: a fraction of a pixel in any picture. */
const DIGITS = 10_000;

const rounded = (value: number): number =>
  Math.round(Math.min(1, Math.max(0, value)) * DIGITS) / DIGITS;

export const pointAt = (x: number, y: number): Point => [rounded(x), rounded(y)];

export const movePoint = (zone: Zone, index: number, to: Point): Zone => ({
  ...zone,
  points: zone.points.map((point, i) => (i === index ? to : point)),
});

export const removePoint = (zone: Zone, index: number): Zone =>
  zone.points.length <= MIN_POINTS
    ? zone
    : { ...zone, points: zone.points.filter((_, i) => i !== index) };

/** A corner between this one and the next. */
export function insertAfter(zone: Zone, index: number, at = middleAfter(zone, index)): Zone {
  if (zone.points.length >= MAX_POINTS) return zone;
  return { ...zone, points: zone.points.toSpliced(index + 1, 0, at) };
}

export function middleAfter({ points }: Zone, index: number): Point {
  const [x1, y1] = points[index] ?? [0, 0];
  const [x2, y2] = points[(index + 1) % points.length] ?? [0, 0];
  return pointAt((x1 + x2) / 2, (y1 + y2) / 2);
}

/** The whole zone moved, as far as it stays in the picture. */
export function moveZone(zone: Zone, dx: number, dy: number): Zone {
  const within = (values: number[], by: number) =>
    Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by));
  const x = within(
    zone.points.map(([value]) => value),
    dx,
  );
  const y = within(
    zone.points.map(([, value]) => value),
    dy,
  );
  return { ...zone, points: zone.points.map(([px, py]) => pointAt(px + x, py + y)) };
}

export const RECTANGLE: Point[] = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.75, 0.75],
  [0.25, 0.75],
];
