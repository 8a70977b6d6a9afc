import type { Size } from '../../../../../core/detection/engine/geometry.js';
import { type Random, seededRandom } from '../../../../support/render-random.js';
import type { SearchCase } from './comparison.js';
import { drawImage, SUBJECTS } from './images.js';
import { integer } from './integers.js';

/** Searches with everything varied: subjects, sizes, and every parameter. The same for the same seed and place. */
export function corpusCase(seed: number, place: number): SearchCase {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ place);
  const subject = SUBJECTS[place % SUBJECTS.length] ?? 'noise';
  const size = someSize(random);
  const image = drawImage(subject, size, random);
  const side = Math.min(size.width, size.height);
  const minSize = someLimit(random, side);
  return {
    name: `${seed}/${place} ${subject} ${size.width}×${size.height}`,
    image,
    range: {
      scaleFactor: random.pick([
        1.01 + random.between(0, 1) * 0.1,
        1.1,
        1.1,
        1.2,
        1 + random.between(0, 1),
        2,
      ]),
      minSize,
      maxSize: random.between(0, 1) < 0.7 ? { width: 0, height: 0 } : someLimit(random, side),
    },
    minNeighbors: integer(random, 1, 6),
  };
}

/** Mostly small, where edges and odd sizes matter; now and then as large as a camera's snapshot. */
function someSize(random: Random): Size {
  const kind = random.between(0, 1);
  if (kind < 0.25) return { width: integer(random, 24, 48), height: integer(random, 24, 48) };
  if (kind < 0.92) return { width: integer(random, 20, 180), height: integer(random, 20, 140) };
  return { width: integer(random, 200, 420), height: integer(random, 200, 300) };
}

function someLimit(random: Random, side: number): Size {
  const kind = random.between(0, 1);
  if (kind < 0.4) return { width: 20, height: 20 };
  if (kind < 0.5) return { width: 1, height: 1 };
  if (kind < 0.9) {
    const square = integer(random, 10, side);
    return { width: square, height: square };
  }
  return { width: integer(random, 1, 2 * side), height: integer(random, 1, 2 * side) };
}
