import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCascade } from '../../../../../core/detection/engine/parse-cascade.js';
import { type Random, seededRandom } from '../../../../support/render-random.js';
import type { ServedCascade } from './cascades.js';
import type { SearchCase } from './comparison.js';
import { drawImage, SUBJECTS } from './images.js';
import { integer } from './integers.js';
import { treeCascade } from './tree-cascades.js';

export interface TreeCase {
  cascade: ServedCascade;
  search: SearchCase;
}

/** A cascade of random trees, as a file in `folder`, and an image to search with it. The same for the same seed. */
export function treeCase(seed: number, folder: string): TreeCase {
  const random = seededRandom(seed);
  const { name, xml } = someCascade(random, seed);
  const parsed = parseCascade(xml);
  if (!('model' in parsed)) throw new Error(`${name}: ${parsed.unsupported.reason}`);
  const file = join(folder, `${name}.xml`);
  writeFileSync(file, xml);
  return {
    cascade: { name, file, model: parsed.model },
    search: { name, ...smallSearch(random, seed) },
  };
}

function someCascade(random: Random, seed: number) {
  const kind = random.pick(['haar', 'haar', 'lbp'] as const);
  const isOld = kind === 'haar' && random.between(0, 1) < 0.3;
  const nodes = random.pick([2, 3, 7, 20, 64]);
  const window = { width: integer(random, 10, 40), height: integer(random, 10, 40) };
  const xml = treeCascade(random, { kind, window, stages: integer(random, 1, 4), nodes, isOld });
  return { name: `${kind}-${nodes}${isOld ? '-old' : ''}-${seed}`, xml };
}

/** The image is so small that not too many windows pass even if all of them do. */
function smallSearch(random: Random, place: number): Omit<SearchCase, 'name'> {
  const size = { width: integer(random, 20, 130), height: integer(random, 20, 100) };
  const minSize = { width: integer(random, 1, 40), height: integer(random, 1, 40) };
  return {
    image: drawImage(SUBJECTS[place % SUBJECTS.length] ?? 'noise', size, random),
    range: {
      scaleFactor: random.between(1.1, 1.6),
      minSize,
      maxSize: { width: 0, height: 0 },
    },
    minNeighbors: integer(random, 1, 6),
  };
}
