import type { MotionValues } from '../../core/contract/camera-management.js';
import type { Thumbnail } from '../../core/detection/detection.js';
import type { MotionSettings } from '../sightings/sighting-settings.js';
import { Background } from './background.js';

/** Longer side of a thumbnail, in pixels. In an image 1920 pixels wide a cell is 20 wide, the smallest size that detectors find. */
export const THUMBNAIL_SIDE = 96;

export type GateValues = Omit<MotionValues, 'at'>;

interface LastDecision extends Pick<GateValues, 'decision' | 'sinceSearch'> {
  background: Background;
}

/**
 * Decides for one camera whether a snapshot is worth a search: if something changed since the last search, or
 * if `searchEvery` snapshots passed without one. The caller knows whether something is about to appear or to leave.
 */
export class MotionGate {
  #background: Background | undefined;
  #sinceSearch = 0;
  #last: LastDecision | undefined;

  constructor(private readonly settings: MotionSettings) {}

  /** Whether to search this snapshot; always if `unsettled`. Call it for the thumbnails in their order. */
  admits(thumbnail: Thumbnail, unsettled: boolean): boolean {
    const background = this.#background?.fits(thumbnail) ? this.#background : undefined;
    const moved = background?.isMoved(thumbnail, this.settings.threshold) ?? true;
    const due = ++this.#sinceSearch >= this.settings.searchEvery;
    const decision = moved ? 'moved' : due ? 'due' : unsettled ? 'unsettled' : 'skipped';
    const sinceSearch = this.#sinceSearch;
    this.#last = background && { decision, sinceSearch, background };
    return moved || due || unsettled;
  }

  /** What it made of the last thumbnail; undefined if there was nothing to compare it with. */
  get last(): GateValues | undefined {
    if (!this.#last) return undefined;
    const { background, ...last } = this.#last;
    return { ...last, ...background.measured(this.settings.threshold) };
  }

  /** Call it once this thumbnail's snapshot was searched: the next ones are compared with it. */
  searched(thumbnail: Thumbnail): void {
    this.#sinceSearch = 0;
    if (this.#background?.fits(thumbnail)) this.#background.adopt(thumbnail);
    else this.#background = new Background(thumbnail);
  }
}
