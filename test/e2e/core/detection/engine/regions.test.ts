import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  type Candidate,
  TooManyCandidates,
} from '../../../../../core/detection/engine/candidate.js';
import { CascadeEngine } from '../../../../../core/detection/engine/cascade-engine.js';
import { completeGroups } from '../../../../../core/detection/engine/complete-groups.js';
import {
  type Group,
  groupCandidates,
} from '../../../../../core/detection/engine/group-candidates.js';
import { type Region, reaches } from '../../../../../core/detection/engine/regions.js';
import {
  type ServedCascade,
  servedCascades,
  shortenedCascades,
} from '../../../../core/detection/engine/support/cascades.js';
import { drawImage, SUBJECTS } from '../../../../core/detection/engine/support/images.js';
import { seededRandom } from '../../../../support/render-random.js';
import { processFolder } from '../../../../support/temporary-folder.js';

const NO_LIMIT = { width: 0, height: 0 };
const NAMES = ['stop-sign', 'stop-sign-lbp', 'haarcascade_smile', 'haarcascade_fullbody'];

/** More windows than any real cascade lets pass; to group them takes time that grows with their square. */
const MAX_CHECKED = 1500;

/** Images with places in them, of any kind. */
const searches = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  seed: fc.nat(),
  size: fc.record({
    width: fc.integer({ min: 30, max: 400 }),
    height: fc.integer({ min: 30, max: 200 }),
  }),
  scaleFactor: fc.constantFrom(1.05, 1.1, 1.5),
  regions: fc.array(
    fc.record({
      x: fc.integer({ min: -20, max: 400 }),
      y: fc.integer({ min: -20, max: 200 }),
      width: fc.integer({ min: 0, max: 200 }),
      height: fc.integer({ min: 0, max: 120 }),
      by: fc.constantFrom('centre' as const, 'part' as const),
    }),
    { maxLength: 4 },
  ),
});

const isIn = (candidate: Candidate, regions: Region[]) =>
  regions.some((region) => reaches(candidate, region));

function chosenCascades(): ServedCascade[] {
  const folder = processFolder();
  return [
    ...servedCascades().filter(({ name }) => NAMES.includes(name)),
    ...shortenedCascades(folder, 4).filter(({ name }) =>
      ['stop-sign-4', 'haarcascade_smile-4'].includes(name),
    ),
  ];
}

/** A shortened cascade can fit at more places than the engine reports. */
function unlessTooMany(search: () => Candidate[]): Candidate[] | undefined {
  try {
    return search();
  } catch (error) {
    if (error instanceof TooManyCandidates) return undefined;
    throw error;
  }
}

/** Calls `check` with what every cascade finds in the whole image and in regions of it. */
function forEachSearch(
  t: ExecutionContext,
  simd: '128' | 'auto',
  numRuns: number,
  check: (
    everywhere: Candidate[],
    regions: Region[],
    search: (regions?: Region[]) => Candidate[],
  ) => void,
) {
  const engine = CascadeEngine.open(simd);
  const loaded = chosenCascades().map(({ model }) => engine.load(model));
  const property = fc.property(searches, ({ subject, seed, size, scaleFactor, regions }) => {
    const image = drawImage(subject, size, seededRandom(seed));
    const minSize = { width: 1, height: 1 };
    for (const cascade of loaded) {
      const query = { cascade, scaleFactor, minSize, maxSize: NO_LIMIT };
      const search = (places?: Region[]) => engine.searchCandidates(image, [query], places).flat();
      const everywhere = unlessTooMany(search);
      if (everywhere && everywhere.length <= MAX_CHECKED) check(everywhere, regions, search);
    }
  });
  t.notThrows(() => fc.assert(property, { seed: 7, numRuns }));
}

for (const simd of ['128', 'auto'] as const)
  test(`regions report exactly the windows of the whole image that reach one (${simd})`, (t) => {
    let [reported, left] = [0, 0];
    forEachSearch(t, simd, 40, (everywhere, regions, search) => {
      const wanted = everywhere.filter((candidate) => isIn(candidate, regions));
      reported += wanted.length;
      left += everywhere.length - wanted.length;
      t.deepEqual(search(regions), wanted);
      const widths = { from: 30, to: 60 };
      const limited = regions.map((region) => ({ ...region, widths }));
      t.deepEqual(
        search(limited),
        wanted.filter(({ width }) => width >= widths.from && width <= widths.to),
      );
    });
    t.true(reported > 200 && left > 200, `${reported} windows in regions, ${left} elsewhere`);
  });

test('a group with its centre in a region is the whole image’s, however far its windows extend', (t) => {
  let [grown, inside, outside] = [0, 0, 0];
  forEachSearch(t, 'auto', 100, (everywhere, places, search) => {
    const regions = places.map((place): Region => ({ ...place, by: 'centre' }));
    const isInside = ({ box: { x, y, width, height } }: Group) =>
      regions.some(
        (region) =>
          Math.abs(x + width / 2 - region.x - region.width / 2) <= region.width / 2 &&
          Math.abs(y + height / 2 - region.y - region.height / 2) <= region.height / 2,
      );
    for (const minNeighbors of [1, 3]) {
      const completed = completeGroups(search(regions), regions, minNeighbors, (beyond) => {
        grown++;
        return search(beyond);
      });
      const groups = groupCandidates(completed, minNeighbors).filter(isInside);
      const all = groupCandidates(everywhere, minNeighbors);
      const wanted = all.filter(isInside);
      t.deepEqual(groups.map(textOf).sort(), wanted.map(textOf).sort());
      inside += wanted.length;
      outside += all.length - wanted.length;
    }
  });
  t.true(grown > 30 && inside > 100 && outside > 100, `${grown}, ${inside}, ${outside}`);
});

const textOf = (group: Group) => JSON.stringify(group);

test('a region of the image’s size reports the same as no region', (t) => {
  const engine = CascadeEngine.open();
  const image = drawImage('objects', { width: 301, height: 203 }, seededRandom(3));
  for (const { model } of servedCascades()) {
    const query = {
      cascade: engine.load(model),
      scaleFactor: 1.1,
      minSize: NO_LIMIT,
      maxSize: NO_LIMIT,
    };
    const whole: Region = { by: 'centre', x: 0, y: 0, width: image.width, height: image.height };
    t.deepEqual(
      engine.searchCandidates(image, [query], [whole]),
      engine.searchCandidates(image, [query]),
    );
  }
});
