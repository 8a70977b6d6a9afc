import type { Box } from '../../../contract/detection.js';
import { type Candidate, TooManyCandidates } from '../../engine/candidate.js';
import {
  CascadeEngine,
  type CascadeQuery,
  type GreyPixels,
  type LoadedCascade,
} from '../../engine/cascade-engine.js';
import type { CascadeModel } from '../../engine/cascade-model.js';
import { completeGroups } from '../../engine/complete-groups.js';
import { clipGroups, groupCandidates } from '../../engine/group-candidates.js';
import { parseCascade } from '../../engine/parse-cascade.js';
import type { Region } from '../../engine/regions.js';
import { type DetectorFiles, filesOnDisk } from '../detector-files.js';
import type { GreyImage } from '../grey-image.js';
import {
  type CascadeSearch,
  type CascadeSearchRequest,
  type GroupedCandidate,
  tooManyCandidates,
} from '../search.js';
import { CascadeCache } from './cascade-cache.js';

/** The project's own engine behind the worker's port: OpenCV's boxes and neighbors, and a score. */
export class SiteglassSearch implements CascadeSearch {
  readonly engine = 'siteglass';
  readonly #cascades: CascadeCache<LoadedCascade>;

  constructor(
    private readonly cascadeEngine: CascadeEngine,
    files: DetectorFiles = filesOnDisk,
  ) {
    this.#cascades = new CascadeCache(
      (content, file) => cascadeEngine.load(modelOf(content.toString(), file)),
      undefined,
      files,
    );
  }

  /** Throws `StartError` if the addon is missing or the processor is not able to run it. */
  static open(files?: DetectorFiles): SiteglassSearch {
    return new SiteglassSearch(CascadeEngine.open(), files);
  }

  search(image: GreyImage, requests: CascadeSearchRequest[], places?: Box[]): GroupedCandidate[][] {
    const regions = places?.map((place): Region => ({ ...place, by: 'centre' }));
    const { width, height } = image;
    const pixels = { width, height, data: image.bytes };
    const queries = requests.map(({ cascade, parameters: { scaleFactor, minSize, maxSize } }) => ({
      cascade: this.#cascades.get(cascade),
      scaleFactor,
      minSize: { width: minSize, height: minSize },
      maxSize: { width: maxSize, height: maxSize },
    }));
    const found = this.#candidates(pixels, queries, regions);
    return queries.map((query, i) => {
      const { minNeighbors = 0 } = requests[i]?.parameters ?? {};
      const inRegions = found[i] ?? [];
      const candidates =
        regions && minNeighbors > 0
          ? completeGroups(inRegions, regions, minNeighbors, (beyond) =>
              this.#candidates(pixels, [query], beyond).flat(),
            )
          : inRegions;
      return clipGroups(groupCandidates(candidates, minNeighbors), image);
    });
  }

  #candidates(pixels: GreyPixels, queries: CascadeQuery[], regions?: Region[]): Candidate[][] {
    try {
      return this.cascadeEngine.searchCandidates(pixels, queries, regions);
    } catch (error) {
      throw error instanceof TooManyCandidates ? tooManyCandidates() : error;
    }
  }
}

/** The catalog plans a cascade for this engine only if it supports it. */
function modelOf(xml: string, file: string): CascadeModel {
  const parsed = parseCascade(xml);
  if ('unsupported' in parsed)
    throw new Error(`${file} is planned for the wrong engine: ${parsed.unsupported.reason}`);
  return parsed.model;
}
