import type { Thumbnail } from '../../core/detection/protocol.js';
import type { MotionSettings } from '../sightings/sighting-settings.js';
import { MotionGate, THUMBNAIL_SIDE } from './motion-gate.js';

export interface MotionGatesOptions {
  thumbnail(bytes: Buffer, side: number): Promise<Thumbnail>;
  /** Whether something is about to appear or to leave at a camera. */
  isUnsettled(camera: string): boolean;
}

/** A snapshot that is to be searched. `searched` is to be called once it was. */
export interface Admission {
  searched(): void;
}

/** The motion gates of the cameras that have one. */
export class MotionGates {
  readonly #gates = new Map<string, { settings: MotionSettings; gate: MotionGate }>();
  #saved = 0;

  constructor(private readonly options: MotionGatesOptions) {}

  /** Searches that were saved since the start, at all cameras. */
  get saved(): number {
    return this.#saved;
  }

  /** Undefined where nothing changed and the search can be left out. `asked`: somebody wants this one searched. */
  async admit(
    camera: string,
    settings: MotionSettings | undefined,
    bytes: Buffer,
    asked: boolean,
  ): Promise<Admission | undefined> {
    if (!settings?.enabled) return { searched: () => undefined };
    const gate = this.#gateOf(camera, settings);
    // What cannot be looked at is for the search to refuse, which says why.
    const look = await this.options.thumbnail(bytes, THUMBNAIL_SIDE).catch(() => undefined);
    if (!look) return { searched: () => undefined };
    if (gate.admits(look, this.options.isUnsettled(camera)) || asked)
      return { searched: () => gate.searched(look) };
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
