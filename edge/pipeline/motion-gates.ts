import type { Analysis } from '../../core/contract/detection.js';
import type { Thumbnail } from '../../core/detection/detection.js';
import type { ThumbnailGate } from '../../core/images/images.js';
import type { MotionSettings } from '../sightings/sighting-settings.js';
import { MotionGate, THUMBNAIL_SIDE } from './motion-gate.js';

export interface MotionGatesOptions {
  /** Whether something is about to appear or to leave at a camera. */
  isUnsettled(camera: string): boolean;
}

/** A snapshot that is to be recorded. */
export interface Admission {
  /** Of the search that ran in the same job as the gate; undefined if the snapshot is still to be analysed. */
  analysis: Analysis | undefined;
  /** Call it once the snapshot is recorded with what was found. */
  searched(): void;
}

/** Searches a snapshot if the gate admits it; undefined if there was no search. */
export type GatedSearch = (gate: ThumbnailGate) => Promise<Analysis | undefined>;

const WITHOUT_GATE: Admission = { analysis: undefined, searched: () => undefined };

/** The motion gates of the cameras that have one. */
export class MotionGates {
  readonly #gates = new Map<string, { settings: MotionSettings; gate: MotionGate }>();
  #saved = 0;

  constructor(private readonly options: MotionGatesOptions) {}

  /** Searches that were saved since the start, at all cameras. */
  get saved(): number {
    return this.#saved;
  }

  /**
   * Runs the search behind the camera's gate. Undefined if nothing changed, so that the search was left out. A snapshot
   * that was `requested` passes any gate. Throws what the search of an admitted snapshot throws.
   */
  async admit(
    camera: string,
    settings: MotionSettings | undefined,
    requested: boolean,
    search: GatedSearch,
  ): Promise<Admission | undefined> {
    if (!settings?.enabled) return WITHOUT_GATE;
    const gate = this.#gateOf(camera, settings);
    let decided: { thumbnail: Thumbnail; isAdmitted: boolean } | undefined;
    const admits = (thumbnail: Thumbnail) => {
      const isAdmitted = gate.admits(thumbnail, this.options.isUnsettled(camera)) || requested;
      decided = { thumbnail, isAdmitted };
      return isAdmitted;
    };
    const analysis = await search({ side: THUMBNAIL_SIDE, admits }).catch((error: unknown) => {
      if (decided) throw error;
      return undefined;
    });
    // A snapshot that has no thumbnail is for the analysis to refuse: it gives the reason.
    if (!decided) return WITHOUT_GATE;
    const { thumbnail, isAdmitted } = decided;
    if (isAdmitted) return { analysis, searched: () => gate.searched(thumbnail) };
    this.#saved++;
    return undefined;
  }

  #gateOf(camera: string, settings: MotionSettings): MotionGate {
    const known = this.#gates.get(camera);
    if (known?.settings === settings) return known.gate;
    const gate = new MotionGate(settings);
    this.#gates.set(camera, { settings, gate });
    return gate;
  }
}
