import type { Box } from '../contract/detection.js';

/**
 * Items with boxes, by the strips of a picture that their boxes cross. A box overlaps none of the items of other
 * strips.
 */
export class BoxStrips<Item> {
  readonly #strips = new Map<number, Item[]>();
  /** Of a strip, in pixels. With the mean of the boxes, all boxes together cross at most three strips each. */
  readonly #height: number;

  /** `boxes` are those to come. */
  constructor(boxes: Box[]) {
    const sum = boxes.reduce((total, { height }) => total + height, 0);
    this.#height = Math.max(1, sum / boxes.length);
  }

  add(box: Box, item: Item): void {
    for (const strip of this.#crossed(box)) {
      const items = this.#strips.get(strip);
      if (items) items.push(item);
      else this.#strips.set(strip, [item]);
    }
  }

  /** Whether there is such an item among those that the box may overlap. */
  some(box: Box, isSuch: (item: Item) => boolean): boolean {
    for (const strip of this.#crossed(box)) if (this.#strips.get(strip)?.some(isSuch)) return true;
    return false;
  }

  *#crossed({ y, height }: Box): Generator<number> {
    const last = Math.floor((y + height) / this.#height);
    for (let strip = Math.floor(y / this.#height); strip <= last; strip++) yield strip;
  }
}
