import type { Box } from '../contract/detection.js';
import type { Point, Zone } from '../contract/zone.js';
import { contains } from './zones.js';

/** Rows and columns of the grid that zones are laid out on: finer ones save little and cost rectangles. */
const CELLS = 32;
/** What a box's place may be off by once it is rounded to other pixels. */
const ROUNDING = 1;
/** A cell's outline is its neighbours' as well. */
const HAIR = 1e-9;

/** From the left, top edge to the right, bottom one, in fractions of the picture. */
interface Rectangle {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * Rectangles of a picture, in its pixels, that together hold the centre of every box that counts. The rest is left out, as
 * finely as a grid allows. None if nothing counts.
 */
export function coverOf(
  zones: Zone[],
  { width, height }: { width: number; height: number },
): Box[] {
  return rectanglesOf(zones).map(({ x0, y0, x1, y1 }) => {
    const x = Math.floor(x0 * width) - ROUNDING;
    const y = Math.floor(y0 * height) - ROUNDING;
    return {
      x,
      y,
      width: Math.ceil(x1 * width) + ROUNDING - x,
      height: Math.ceil(y1 * height) + ROUNDING - y,
    };
  });
}

/** The cells where something can count, merged along rows and then down columns. */
function rectanglesOf(zones: Zone[]): Rectangle[] {
  const { x0, y0, x1, y1 } = extentOf(zones);
  const across = (column: number) => x0 + ((x1 - x0) * column) / CELLS;
  const down = (row: number) => y0 + ((y1 - y0) * row) / CELLS;
  const rectangles: Rectangle[] = [];
  for (let row = 0; row < CELLS; row++) {
    const [top, bottom] = [down(row), down(row + 1)];
    for (let column = 0; column < CELLS; ) {
      const start = column;
      const cell = () => ({ x0: across(column), y0: top, x1: across(column + 1), y1: bottom });
      while (column < CELLS && canCount(zones, cell())) column++;
      if (column === start) column++;
      else addRun(rectangles, { x0: across(start), y0: top, x1: across(column), y1: bottom });
    }
  }
  return rectangles;
}

/** Lengthens the rectangle that ends where the run begins, if one has its width. */
function addRun(rectangles: Rectangle[], run: Rectangle): void {
  const above = rectangles.find((r) => r.x0 === run.x0 && r.x1 === run.x1 && r.y1 === run.y0);
  if (above) above.y1 = run.y1;
  else rectangles.push(run);
}

/** What the zones to include span; the whole picture if there are none. */
function extentOf(zones: Zone[]): Rectangle {
  const points = zones.filter(({ kind }) => kind === 'include').flatMap((zone) => zone.points);
  if (points.length === 0) return { x0: 0, y0: 0, x1: 1, y1: 1 };
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

function canCount(zones: Zone[], cell: Rectangle): boolean {
  const included = zones.filter(({ kind }) => kind === 'include');
  if (included.length > 0 && included.every((zone) => lies(cell, zone.points) === 'outside'))
    return false;
  // Where a mask hides some labels others count.
  return !zones.some(
    (zone) => zone.kind === 'mask' && !zone.labels && lies(cell, zone.points) === 'inside',
  );
}

function lies(cell: Rectangle, polygon: Point[]): 'inside' | 'outside' | 'across' {
  let from = polygon.at(-1) ?? [0, 0];
  for (const to of polygon) {
    if (crosses(from, to, cell)) return 'across';
    from = to;
  }
  const centre: Point = [(cell.x0 + cell.x1) / 2, (cell.y0 + cell.y1) / 2];
  return contains(polygon, centre) ? 'inside' : 'outside';
}

/** Whether a line has a part within the cell: what is left of it after cutting at each of the four sides (Liang, Barsky). */
function crosses([fromX, fromY]: Point, [toX, toY]: Point, cell: Rectangle): boolean {
  let [first, last] = [0, 1];
  const cut = (start: number, change: number, low: number, high: number) => {
    if (change === 0) {
      if (start <= low || start >= high) last = -1;
      return;
    }
    const [a, b] = [(low - start) / change, (high - start) / change];
    first = Math.max(first, Math.min(a, b));
    last = Math.min(last, Math.max(a, b));
  };
  cut(fromX, toX - fromX, cell.x0 + HAIR, cell.x1 - HAIR);
  cut(fromY, toY - fromY, cell.y0 + HAIR, cell.y1 - HAIR);
  return first <= last;
}
