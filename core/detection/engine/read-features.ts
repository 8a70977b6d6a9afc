import { type DocumentNode, floatOf, integerOf } from './cascade-document.js';
import type { HaarFeature, Rectangle } from './cascade-model.js';
import type { Size } from './geometry.js';

/** A Haar feature; the older form of cascades writes it the same way. Throws if it extends outside the window. */
export function readHaarFeature(node: DocumentNode, window: Size): HaarFeature {
  const tilted = (node.find('tilted')?.integer() ?? 0) !== 0;
  const rectangles = node
    .child('rects')
    .items(3)
    .map((item) => {
      const words = item.words();
      const weight = floatOf(words.pop() ?? '', item);
      const rectangle = { ...readRectangle(words, item), weight };
      if (tilted ? !tiltedFits(rectangle, window) : !fits(rectangle, window)) {
        throw item.error('reaches outside the window');
      }
      return rectangle;
    });
  return { tilted, rectangles };
}

/** An LBP feature: the first of its three by three cells. */
export function readCell(node: DocumentNode, window: Size): Rectangle {
  const item = node.child('rect');
  const cell = readRectangle(item.words(), item);
  const cells = { ...cell, width: 3 * cell.width, height: 3 * cell.height };
  if (!fits(cells, window)) throw item.error('reaches outside the window');
  return cell;
}

function readRectangle(words: string[], node: DocumentNode): Rectangle {
  const [x, y, width, height, ...others] = words.map((word) => integerOf(word, node));
  if (
    x === undefined ||
    y === undefined ||
    width === undefined ||
    height === undefined ||
    others.length > 0
  ) {
    throw node.error('is not a rectangle');
  }
  if (x < 0 || y < 0 || width < 1 || height < 1)
    throw node.error('is not a rectangle with an area');
  return { x, y, width, height };
}

const fits = ({ x, y, width, height }: Rectangle, window: Size) =>
  x + width <= window.width && y + height <= window.height;

/** A tilted rectangle's corners are (x, y), (x−h, y+h), (x+w, y+w) and (x+w−h, y+w+h). */
const tiltedFits = ({ x, y, width, height }: Rectangle, window: Size) =>
  x - height >= 0 && x + width <= window.width && y + width + height <= window.height;
