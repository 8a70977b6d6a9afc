import type { Candidate } from '../../../../../core/detection/engine/candidate.js';
import {
  CascadeEngine,
  type GreyPixels,
  type LoadedCascade,
} from '../../../../../core/detection/engine/cascade-engine.js';
import {
  clipGroups,
  groupCandidates,
} from '../../../../../core/detection/engine/group-candidates.js';
import type { ScaleRange } from '../../../../../core/detection/engine/search-plan.js';
import { type ServedCascade, servedCascades } from './cascades.js';
import { WIDTHS } from './engines.js';
import { type FoundBox, OpenCvReference } from './opencv-reference.js';

export interface SearchCase {
  name: string;
  image: GreyPixels;
  range: ScaleRange;
  minNeighbors: number;
}

/** Engines that are to find what OpenCV finds, with every cascade that they serve. */
export class Comparison {
  readonly #opencv = new OpenCvReference();
  readonly #loaded: Map<CascadeEngine, LoadedCascade[]>;
  /** Windows that OpenCV let pass so far: a comparison of nothing with nothing proves little. */
  windows = 0;

  constructor(
    readonly engines: Record<string, CascadeEngine>,
    readonly cascades: ServedCascade[] = servedCascades(),
  ) {
    this.#loaded = new Map(
      Object.values(engines).map((engine) => [
        engine,
        this.cascades.map(({ model }) => engine.load(model)),
      ]),
    );
  }

  /** The engines on this machine, at both widths of vector where it has them. */
  static ofThisMachine(cascades?: ServedCascade[]): Comparison {
    return new Comparison(
      Object.fromEntries(WIDTHS.map((simd) => [simd, CascadeEngine.open(simd)])),
      cascades,
    );
  }

  get opencv(): OpenCvReference {
    return this.#opencv;
  }

  /** One line for each engine and cascade whose windows or merged boxes are not OpenCV's; none where all is well. */
  differences({ name, image, range, minNeighbors }: SearchCase, only?: number[]): string[] {
    const chosen = only ?? this.cascades.map((_, i) => i);
    const wanted = this.#opencv.withImage(image, (mat) =>
      chosen.map((i) => {
        const file = this.cascades[i]?.file ?? '';
        const raw = this.#opencv.find(file, mat, range, 0);
        this.windows += raw.length;
        return { raw, grouped: this.#opencv.find(file, mat, range, minNeighbors) };
      }),
    );
    return Object.entries(this.engines).flatMap(([engineName, engine]) => {
      const loaded = this.#loaded.get(engine) ?? [];
      const queries = chosen.flatMap((i) => {
        const cascade = loaded[i];
        return cascade ? [{ cascade, ...range }] : [];
      });
      const found = engine.searchCandidates(image, queries);
      return chosen.flatMap((i, at) => {
        const candidates = found[at] ?? [];
        const label = `${name}, ${this.cascades[i]?.name}, ${engineName}: ${JSON.stringify(range)}`;
        return [
          ...difference(`${label}, windows`, merged(candidates, 0, image), wanted[at]?.raw ?? []),
          ...difference(
            `${label}, boxes of ${minNeighbors}`,
            merged(candidates, minNeighbors, image),
            wanted[at]?.grouped ?? [],
          ),
        ];
      });
    });
  }
}

const merged = (candidates: Candidate[], minNeighbors: number, image: GreyPixels): FoundBox[] =>
  clipGroups(groupCandidates(candidates, minNeighbors), image).map(({ box, neighbors }) => ({
    ...box,
    neighbors,
  }));

function difference(label: string, found: FoundBox[], wanted: FoundBox[]): string[] {
  const lines = (boxes: FoundBox[]) =>
    boxes.map(({ x, y, width, height, neighbors }) => [x, y, width, height, neighbors].join(' '));
  const [ours, theirs] = [lines(found), lines(wanted)];
  const length = Math.max(ours.length, theirs.length);
  for (let i = 0; i < length; i++) {
    if (ours[i] !== theirs[i]) {
      return [`${label}: ${ours.length} for ${theirs.length}, at ${i} ${ours[i]} for ${theirs[i]}`];
    }
  }
  return [];
}
