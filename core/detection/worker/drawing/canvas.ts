import { CAP_HEIGHT, type FontPoint, glyphsOf } from './stroke-font.js';

/** Blue, green, red. */
export type Colour = readonly [number, number, number];

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How letters are drawn: the height of capitals and the width of the pen, in pixels. */
export interface Lettering {
  capHeight: number;
  pen: number;
}

/** Draws on blue, green and red pixels, row by row. What lies outside of them is left out. */
export class Canvas {
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly pixels: Uint8Array,
  ) {}

  fill({ x, y, width, height }: Rectangle, [blue, green, red]: Colour): void {
    const [left, right] = [clamp(x, this.width), clamp(x + width, this.width)];
    for (let row = clamp(y, this.height); row < clamp(y + height, this.height); row++)
      for (let at = 3 * (row * this.width + left); at < 3 * (row * this.width + right); at += 3) {
        this.pixels[at] = blue;
        this.pixels[at + 1] = green;
        this.pixels[at + 2] = red;
      }
  }

  /** The edges of a rectangle, each half inside of it and half outside. */
  frame({ x, y, width, height }: Rectangle, line: number, colour: Colour): void {
    const [left, top] = [x - (line >> 1), y - (line >> 1)];
    const [across, down] = [width + line - 1, height + line - 1];
    this.fill({ x: left, y: top, width: across, height: line }, colour);
    this.fill({ x: left, y: top + down - line, width: across, height: line }, colour);
    this.fill({ x: left, y: top, width: line, height: down }, colour);
    this.fill({ x: left + across - line, y: top, width: line, height: down }, colour);
  }

  /** `x` is the left end of the first letter, `baseline` the lower end of capitals. */
  write(text: string, x: number, baseline: number, lettering: Lettering, colour: Colour): void {
    const unit = unitOf(lettering);
    const mask = new Mask(this.width, this.height);
    let left = x + lettering.pen / 2;
    for (const { strokes, advance } of glyphsOf(text)) {
      const at = ([right, up]: FontPoint): Point => ({
        x: left + right * unit,
        y: baseline - lettering.pen / 2 - up * unit,
      });
      for (const stroke of strokes) {
        const points = stroke.map(at);
        for (const [i, from] of points.entries()) {
          const to = points[i + 1] ?? (points.length === 1 ? from : undefined);
          if (to) mask.stroke(from, to, lettering.pen / 2);
        }
      }
      left += advance * unit;
    }
    mask.paint(this.pixels, colour);
  }
}

/** In pixels, from the left end of the first letter to the right end of the last. */
export function widthOf(text: string, lettering: Lettering): number {
  const units = glyphsOf(text).reduce((sum, { advance }) => sum + advance, 0);
  return Math.ceil(units * unitOf(lettering));
}

const unitOf = ({ capHeight, pen }: Lettering): number => (capHeight - pen) / CAP_HEIGHT;

const clamp = (value: number, most: number): number =>
  Math.max(0, Math.min(most, Math.round(value)));

interface Point {
  x: number;
  y: number;
}

/** How much of each pixel a text covers. Lines that meet do not cover more than all of it. */
class Mask {
  readonly #cover = new Map<number, number>();

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  /** A line with round ends. */
  stroke(from: Point, to: Point, radius: number): void {
    const reach = radius + 1;
    const [left, right] = [Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach];
    const [top, bottom] = [Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach];
    for (let y = clamp(top, this.height); y < clamp(bottom, this.height); y++)
      for (let x = clamp(left, this.width); x < clamp(right, this.width); x++) {
        const cover = radius + 0.5 - distance({ x: x + 0.5, y: y + 0.5 }, from, to);
        if (cover > 0) this.#add(y * this.width + x, Math.min(1, cover));
      }
  }

  paint(pixels: Uint8Array, colour: Colour): void {
    for (const [pixel, cover] of this.#cover)
      for (const [channel, value] of colour.entries()) {
        const at = 3 * pixel + channel;
        const before = pixels[at] ?? 0;
        pixels[at] = Math.round(before + cover * (value - before));
      }
  }

  #add(pixel: number, cover: number): void {
    this.#cover.set(pixel, Math.max(cover, this.#cover.get(pixel) ?? 0));
  }
}

/** Of a point to the line between two others. */
function distance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = (point.x - from.x) * dx + (point.y - from.y) * dy;
  const part = squared === 0 ? 0 : Math.max(0, Math.min(1, along / squared));
  return Math.hypot(point.x - from.x - part * dx, point.y - from.y - part * dy);
}
