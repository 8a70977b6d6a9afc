import type { Box } from '../../../contract/detection.js';
import type { Rectangle } from './canvas.js';

export interface Size {
  width: number;
  height: number;
}

/** Places for the labels of boxes, so that no label covers another one where that can be avoided. */
export class LabelPlaces {
  readonly #taken: Rectangle[] = [];

  constructor(private readonly image: Size) {}

  /** The first that is free: above the box, below it, or inside at a corner; otherwise the first of all. */
  take(box: Box, { width, height }: Size): Rectangle {
    const [right, bottom] = [box.x + box.width - width, box.y + box.height];
    const places = [
      { x: box.x, y: box.y - height },
      { x: right, y: box.y - height },
      { x: box.x, y: bottom },
      { x: right, y: bottom },
      { x: box.x, y: box.y },
      { x: box.x, y: bottom - height },
    ].map((place) => this.#within({ ...place, width, height }));
    const isFree = (place: Rectangle) => !this.#taken.some((other) => overlaps(place, other));
    const isOutside = ({ y }: Rectangle) => y + height <= box.y || y >= bottom;
    const [preferred, ...others] = places.filter(isOutside).concat(places);
    const free = [preferred, ...others].find((place) => place && isFree(place)) ?? preferred;
    const place = free ?? { x: 0, y: 0, width, height };
    this.#taken.push(place);
    return place;
  }

  #within(place: Rectangle): Rectangle {
    const { width, height } = this.image;
    const inside = (at: number, size: number, most: number) =>
      Math.max(0, Math.min(at, most - size));
    return {
      ...place,
      x: inside(place.x, place.width, width),
      y: inside(place.y, place.height, height),
    };
  }
}

const overlaps = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
