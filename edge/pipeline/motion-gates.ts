import type { MotionValues } from '../../core/contract/camera-management.js';
import type { Analysis } from '../../core/contract/detection.js';
import type { Thumbnail } from '../../core/detection/detection.js';
import type { ThumbnailGate } from '../../core/images/images.js';
import { type Clock, systemClock, toIsoString } from '../../core/runtime/clock.js';
import type { MotionSettings } from '../sightings/sighting-settings.js';
import { MotionGate, THUMBNAIL_SIDE } from './motion-gate.js';

export interface MotionGatesOptions {
  /** Whether something is about to appear or to leave at a camera. */
  isUnsettled(camera: string): boolean;
  clock?: Clock;
}

/** A snapshot that is to be recorded. */
export interface Admission {
  /** Of the search that ran in the same job as the gate; undefined if the snapshot is still to be analysed. */
  analysis: Analysis | undefined;
  /** Call it once the snapshot is recorded with what was found. */
  searched(): void;
}

interface KnownGate {
  settings: MotionSettings;
  gate: MotionGate;
  /** Of the last decision. */
  at: number;
  wasRequested: boolean;
}

/** Searches a snapshot if the gate admits it; undefined if there was no search. */
export type GatedSearch = (gate: ThumbnailGate) => Promise<Analysis | undefined>;

const WITHOUT_GATE: Admission = { analysis: undefined, searched: () => undefined };

/** The motion gates of the cameras that have one. */
export class MotionGates {
  readonly #gates = new Map<string, KnownGate>();
  #saved = 0;

  readonly #clock: Clock;

  constructor(private readonly options: MotionGatesOptions) {
    this.#clock = options.clock ?? systemClock;
  }

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
      this.#decided(camera, requested);
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

  /** What the camera's gate made of the last snapshot; undefined without a gate, or before the second snapshot. */
  valuesOf(camera: string): MotionValues | undefined {
    const known = this.#gates.get(camera);
    const values = known?.gate.last;
    if (!known || !values) return undefined;
    const isForced = known.wasRequested && values.decision === 'skipped';
    const decision = isForced ? 'requested' : values.decision;
    return { ...values, decision, at: toIsoString(known.at) };
  }

  #decided(camera: string, wasRequested: boolean): void {
    const known = this.#gates.get(camera);
    if (known) Object.assign(known, { wasRequested, at: this.#clock() });
  }

  #gateOf(camera: string, settings: MotionSettings): MotionGate {
    const known = this.#gates.get(camera);
    if (known?.settings === settings) return known.gate;
    const gate = new MotionGate(settings);
    this.#gates.set(camera, { settings, gate, at: 0, wasRequested: false });
    return gate;
  }
}
