import type { Thumbnail } from '../../core/detection/detection.js';
import type { MotionSettings } from '../sightings/sighting-settings.js';
import { Background } from './background.js';

/** Longer side of a look, in pixels: at 1920 pixels a cell is 20 wide, which is what detectors find at the least. */
export const THUMBNAIL_SIDE = 96;

/**
 * Decides for one camera whether a snapshot is worth a search: when something changed since the last one, or
 * when there has been none for long. The caller says when something is about to appear or to leave.
 */
export class MotionGate {
  #background: Background | undefined;
  #sinceSearch = 0;

  constructor(private readonly settings: MotionSettings) {}

  /** Whether to search this snapshot, `unsettled` telling that it matters whatever moved. Bring the looks in order. */
  admits(look: Thumbnail, unsettled: boolean): boolean {
    const background = this.#background?.fits(look) ? this.#background : undefined;
    const moved = background?.isMoved(look, this.settings.threshold) ?? true;
    const due = ++this.#sinceSearch >= this.settings.searchEvery;
    return moved || due || unsettled;
  }

  /** The snapshot of this look was searched. Without this word the next one is held against the scene before. */
  searched(look: Thumbnail): void {
    this.#sinceSearch = 0;
    if (this.#background?.fits(look)) this.#background.adopt(look);
    else this.#background = new Background(look);
  }
}
