import type { Box, Detection } from '../contract/detection.js';
import type { Point, Zone } from '../contract/zone.js';

/**
 * Whether a box counts: its centre lies in one of the zones to include, if there are any, and in none of those
 * that mask. `width` and `height` are the picture's, in the box's pixels.
 */
export function counts(zones: Zone[], box: Box, width: number, height: number): boolean {
  if (zones.length === 0) return true;
  const centre: Point = [(box.x + box.width / 2) / width, (box.y + box.height / 2) / height];
  const isIn = (zone: Zone) => contains(zone.points, centre);
  const included = zones.filter(({ kind }) => kind === 'include');
  if (included.length > 0 && !included.some(isIn)) return false;
  return !zones.some((zone) => zone.kind === 'mask' && isIn(zone));
}

/**
 * Even-odd rule: a ray to the right of the point crosses the outline an odd number of times. Of two polygons
 * that share an edge, exactly one contains a point on it.
 */
export function contains(polygon: Point[], [x, y]: Point): boolean {
  let inside = false;
  let from = polygon.at(-1) ?? [0, 0];
  for (const to of polygon) {
    // The polygons list a shared edge in opposite directions. Both take it from its top, so that they round alike.
    const [[topX, topY], [bottomX, bottomY]] = from[1] < to[1] ? [from, to] : [to, from];
    const straddles = topY <= y && y < bottomY;
    if (straddles && x < topX + ((y - topY) / (bottomY - topY)) * (bottomX - topX))
      inside = !inside;
    from = to;
  }
  return inside;
}

/** The names of the zones to include that hold the centre of a detection and count its label. */
export function namesOfZones(
  zones: readonly Zone[],
  { box, label }: Pick<Detection, 'box' | 'label'>,
  size: { width: number; height: number } | undefined,
): string[] {
  if (!size) return [];
  const centre: Point = [
    (box.x + box.width / 2) / size.width,
    (box.y + box.height / 2) / size.height,
  ];
  return zones.flatMap(({ kind, name, labels, points }) =>
    kind === 'include' &&
    name !== undefined &&
    (labels?.includes(label) ?? true) &&
    contains(points, centre)
      ? [name]
      : [],
  );
}
