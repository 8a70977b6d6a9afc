import type { GreyImage } from '../worker/grey-image.js';
import type { CascadeSearch, CascadeSearchRequest, Hit } from '../worker/search.js';
import { CascadeEngine } from './cascade-engine.js';
import { clipGroups, groupCandidates } from './group-candidates.js';
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

  search(image: GreyImage, requests: CascadeSearchRequest[]): Hit[][] {
    const { width, height } = image;
    const candidates = this.cascadeEngine.searchCandidates(
      { width, height, data: image.bytes() },
      requests.map(({ cascade, parameters: { scaleFactor, minSize, maxSize } }) => ({
        cascade: this.#cascades.get(cascade),
        scaleFactor,
        minSize: { width: minSize, height: minSize },
        maxSize: { width: maxSize, height: maxSize },
      })),
    );
    return requests.map(({ parameters }, i) =>
      clipGroups(groupCandidates(candidates[i] ?? [], parameters.minNeighbors), image),
    );
  }
}
