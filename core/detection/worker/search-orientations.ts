import type {
  Box,
  CascadeEngineName,
  Orientation,
  SearchParameters,
} from '../../contract/detection.js';
import { turned, turnedBack } from '../boxes.js';
import type { NativeDecoder } from '../decoder/native-decoder.js';
import type { PlannedCascade } from '../detection.js';
import { MAX_CANDIDATES } from '../engine/candidate.js';
import { type GreyImage, withTurned } from './grey-image.js';
import { type CascadeSearch, type GroupedCandidate, tooManyCandidates } from './search.js';

export type Engines = Partial<Record<CascadeEngineName, CascadeSearch>>;

/** What was found in one orientation. */
export interface Searched {
  orientation: Orientation;
  /** One list a detector, in pixels of the image before it was turned. */
  found: GroupedCandidate[][];
}

/** If objects in differently turned images overlap each other in longer chains, the whole image is searched. */
const MAX_ROUNDS = 4;

/**
 * Searches the image with each cascade in each orientation. `scale` is the image's size relative to the original. With
 * regions, what has its centre in one of them is found as in the whole image.
 */
export function searchOrientations(
  native: NativeDecoder,
  engines: Engines,
  image: GreyImage,
  detectors: PlannedCascade[],
  orientations: Orientation[],
  scale: number,
  regions: Box[] | undefined,
): Searched[] {
  const search = (places: Box[] | undefined) => {
    let candidates = 0;
    return orientations.map((orientation): Searched => {
      const turnedPlaces = places?.map((place) => turned(place, orientation, image));
      const found = withTurned(native, image, orientation, (turnedImage) =>
        searchAll(engines, turnedImage, detectors, scale, turnedPlaces),
      );
      candidates += found.reduce((sum, ofDetector) => sum + ofDetector.length, 0);
      if (candidates > MAX_CANDIDATES) throw tooManyCandidates();
      const back = (one: GroupedCandidate) => ({
        ...one,
        box: turnedBack(one.box, orientation, image),
      });
      return { orientation, found: found.map((ofDetector) => ofDetector.map(back)) };
    });
  };
  let searched = search(regions);
  if (!regions || orientations.length === 1) return searched;
  // What another orientation found of the same object has its centre in the object's box, and so on from there.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const boxes = boxesOf(searched);
    if (boxes.length > 0) searched = search([...regions, ...boxes]);
    if (boxesOf(searched).length === boxes.length) return searched;
  }
  return search(undefined);
}

const boxesOf = (searched: Searched[]): Box[] =>
  searched.flatMap(({ found }) => found.flat()).map(({ box }) => box);

/** What each detector finds with its centre in a region, in the detectors' order; an engine gets all of its own at once. */
function searchAll(
  engines: Engines,
  image: GreyImage,
  detectors: PlannedCascade[],
  scale: number,
  regions: Box[] | undefined,
): GroupedCandidate[][] {
  const found: GroupedCandidate[][] = detectors.map(() => []);
  for (const name of new Set(detectors.map(({ engine }) => engine))) {
    const engine = engines[name];
    if (!engine) throw new Error(`this worker has no engine named ${name}`);
    const own = [...detectors.entries()].filter(([, detector]) => detector.engine === name);
    const lists = engine.search(
      image,
      own.map(([, { file, sha256, parameters }]) => ({
        cascade: { file, sha256 },
        parameters: atScale(parameters, scale),
      })),
      regions,
    );
    for (const [list, [i]] of own.entries())
      found[i] = (lists[list] ?? []).filter(({ box }) => isIn(box, regions));
  }
  return found;
}

function isIn({ x, y, width, height }: Box, regions: Box[] | undefined): boolean {
  const [across, down] = [x + width / 2, y + height / 2];
  return (
    regions?.some(
      (region) =>
        across >= region.x &&
        across <= region.x + region.width &&
        down >= region.y &&
        down <= region.y + region.height,
    ) ?? true
  );
}

/** Sizes in pixels of the working image. A limit stays one: 0 would lift it. */
function atScale(parameters: SearchParameters, scale: number): SearchParameters {
  const size = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return {
    ...parameters,
    minSize: size(parameters.minSize),
    maxSize: parameters.maxSize === 0 ? 0 : size(parameters.maxSize),
  };
}
