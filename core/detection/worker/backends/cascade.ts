import type { Box } from '../../../contract/detection.js';
import { CascadeEngine } from '../../engine/cascade-engine.js';
import { completeGroups } from '../../engine/complete-groups.js';
import { clipGroups, groupCandidates } from '../../engine/group-candidates.js';
import type { Region } from '../../engine/regions.js';
import type { GreyImage } from '../grey-image.js';
import type { CascadeSearch, CascadeSearchRequest, Hit } from '../search.js';
import { LoadedCascades } from './loaded-cascades.js';

/** The project's own engine behind the worker's port: OpenCV's boxes and neighbors, and a score. */
export class SiteglassSearch implements CascadeSearch {
  readonly engine = 'siteglass';
  readonly #cascades: LoadedCascades;

  constructor(private readonly cascadeEngine: CascadeEngine) {
    this.#cascades = new LoadedCascades(cascadeEngine);
  }

  /** Throws `StartError` where the addon is missing or the processor is not able to run it. */
  static open(): SiteglassSearch {
    return new SiteglassSearch(CascadeEngine.open());
  }

  search(image: GreyImage, requests: CascadeSearchRequest[], places?: Box[]): Hit[][] {
    const regions = places?.map((place): Region => ({ ...place, by: 'centre' }));
    const { width, height } = image;
    const pixels = { width, height, data: image.bytes() };
    const queries = requests.map(({ cascade, parameters: { scaleFactor, minSize, maxSize } }) => ({
      cascade: this.#cascades.get(cascade),
      scaleFactor,
      minSize: { width: minSize, height: minSize },
      maxSize: { width: maxSize, height: maxSize },
    }));
    const found = this.cascadeEngine.searchCandidates(pixels, queries, regions);
    return queries.map((query, i) => {
      const { minNeighbors = 0 } = requests[i]?.parameters ?? {};
      const inRegions = found[i] ?? [];
      const candidates =
        regions && minNeighbors > 0
          ? completeGroups(inRegions, regions, minNeighbors, (beyond) =>
              this.cascadeEngine.searchCandidates(pixels, [query], beyond).flat(),
            )
          : inRegions;
      return clipGroups(groupCandidates(candidates, minNeighbors), image);
    });
  }
}
