import type { CameraRevision } from '../../../core/contract/camera-management.js';
import type { FieldError } from '../../../core/contract/problem.js';
import type { Zone } from '../../../core/contract/zone.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import type { SerialQueue } from '../../../core/runtime/serial-queue.js';
import { unknownName } from '../../../core/runtime/unknown-name.js';
import { type CameraConfig, MAX_CAMERAS } from '../camera-config.js';
import type { ConfiguredCameras } from '../configured-cameras.js';
import { positionOfZone, withoutZone, withZone } from './camera-zones.js';
import type { ManagedCamera, ManagedCameras } from './managed-cameras.js';
import { invalid, readCameraSettings } from './read-settings.js';
import { asMarked } from './secret-settings.js';

export type Actor = CameraRevision['actor'];

export interface CameraManagerOptions {
  configured: ConfiguredCameras;
  managed: ManagedCameras;
  /** Names in the settings of a camera of what does not exist; paths begin with the setting. */
  check(camera: CameraConfig): Promise<FieldError[]>;
  /** Puts the cameras in `configured` in force. */
  apply(): Promise<unknown>;
  /** Shared with the reload of the configuration. */
  queue: SerialQueue;
  dataFolder: string;
  clock: Clock;
}

/** Who changes a camera, and the revision that the caller knows: a later one is a conflict. */
export interface Request {
  actor: Actor;
  revision?: number | undefined;
}

export const READ_ONLY =
  'The configuration file declares it. Change it there, then reload the configuration; or remove it there to manage it here.';

/**
 * Adds, changes and removes the cameras that the API manages, one change at a time. Each is validated as in the
 * configuration file, stored with a revision, and then takes effect without a restart.
 */
export class CameraManager {
  constructor(private readonly options: CameraManagerOptions) {}

  /** Rejects with `invalid_parameter` or `conflict`. */
  add(body: unknown, actor: Actor): Promise<ManagedCamera> {
    return this.#run(async () => {
      const config = await this.#read(body);
      this.#checkNew(config.id);
      return this.#put(config, 'added', actor);
    });
  }

  /** Replaces all settings. Rejects also with `not_found` or `camera_read_only`. */
  change(id: string, body: unknown, request: Request): Promise<ManagedCamera> {
    return this.#run(async () => {
      const { config: current } = this.#changeable(id, request);
      const config = await this.#read(withId(body, id), current);
      return this.#put(config, 'changed', request.actor);
    });
  }

  /** Of a camera that the file declares as well, only that of the API is removed. */
  remove(id: string, request: Request): Promise<void> {
    return this.#run(async () => {
      const isInBoth = this.options.managed.get(id) && this.#declaredIn(id) === 'file';
      if (!isInBoth) this.#changeable(id, request);
      await this.options.managed.remove(id, this.#by(request.actor));
      await this.options.apply();
    });
  }

  addZone(id: string, zone: Zone, request: Request): Promise<ManagedCamera> {
    return this.#changeZones(id, request, (zones) => withZone(zones, zones.length, zone));
  }

  changeZone(id: string, name: string, zone: Zone, request: Request): Promise<ManagedCamera> {
    return this.#changeZones(id, request, (zones) =>
      withZone(zones, positionOfZone(zones, name), zone),
    );
  }

  removeZone(id: string, name: string, request: Request): Promise<ManagedCamera> {
    return this.#changeZones(id, request, (zones) =>
      withoutZone(zones, positionOfZone(zones, name)),
    );
  }

  /** Gives a camera the settings of one of its revisions; one that was removed is added again. */
  restore(id: string, revision: number, actor: Actor): Promise<ManagedCamera> {
    return this.#run(async () => {
      const { managed } = this.options;
      if (this.#declaredIn(id) === 'file') throw readOnly(id);
      const row = await managed.revision(id, revision);
      if (!row)
        throw new ProblemError('not_found', `There is no revision ${revision} of camera ${id}.`);
      if (!managed.get(id)) this.#checkNew(id);
      const settings = managed.settingsOf(row);
      // Its own secrets are texts to nobody: they are the files that the revision names.
      const config = await this.#read(asMarked(settings), settings as unknown as CameraConfig);
      return this.#put(config, 'restored', actor);
    });
  }

  /** The settings of a camera with some of them replaced, and null for a default. Rejects as a change does; stores nothing. */
  async draft(id: string, settings: object): Promise<CameraConfig> {
    const current = this.options.configured.get(id);
    if (!current) throw noSuchCamera(id, this.options.configured);
    const merged = Object.entries({ ...asMarked(current), ...settings });
    return this.#read(Object.fromEntries(merged.filter(([, value]) => value !== null)), current);
  }

  /** Settings of a camera to be tried. Those of one that there is keep its secrets by their markers. */
  async draftOf(body: unknown): Promise<CameraConfig> {
    const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
    const { id = 'draft' } = given as { id?: unknown };
    const current = typeof id === 'string' ? this.options.configured.get(id) : undefined;
    return this.#read({ ...given, id }, current);
  }

  #run<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.options.queue.run(work);
  }

  #changeZones(
    id: string,
    request: Request,
    change: (zones: readonly Zone[]) => Zone[],
  ): Promise<ManagedCamera> {
    return this.#run(async () => {
      const { config: current } = this.#changeable(id, request);
      if (!current)
        throw new ProblemError('conflict', `Correct the settings of camera ${id} first.`);
      const config = await this.#read(
        asMarked({ ...current, zones: change(current.zones) }),
        current,
      );
      return this.#put(config, 'changed', request.actor);
    });
  }

  async #read(body: unknown, current?: CameraConfig): Promise<CameraConfig> {
    const { dataFolder, check } = this.options;
    const config = readCameraSettings(body, { current, dataFolder });
    const errors = await check(config);
    if (errors.length > 0) throw invalid(errors);
    return config;
  }

  async #put(
    config: CameraConfig,
    action: CameraRevision['action'],
    actor: Actor,
  ): Promise<ManagedCamera> {
    const { managed, apply } = this.options;
    const camera = await managed.put(config, { ...this.#by(actor), action });
    await apply();
    return camera;
  }

  #by(actor: Actor) {
    return { actor, at: this.options.clock() };
  }

  #declaredIn(id: string) {
    return this.options.configured.declaredIn(id);
  }

  #checkNew(id: string): void {
    const { configured, managed } = this.options;
    if (configured.declaredIn(id) !== undefined)
      throw new ProblemError('conflict', `There is a camera ${id} already. Choose another id.`, {
        errors: [{ path: 'id', message: 'is the id of another camera; choose another one' }],
      });
    if (Math.max(configured.all.length, managed.all.length) >= MAX_CAMERAS)
      throw new ProblemError(
        'conflict',
        `There are ${MAX_CAMERAS} cameras, which is the limit. Remove one first.`,
      );
  }

  #changeable(id: string, { revision }: Request): ManagedCamera {
    const { configured, managed } = this.options;
    if (this.#declaredIn(id) === 'file') throw readOnly(id);
    const camera = managed.get(id);
    if (!camera) throw noSuchCamera(id, configured);
    if (revision !== undefined && revision !== camera.revision)
      throw new ProblemError(
        'conflict',
        `Camera ${id} was changed meanwhile: its revision is ${camera.revision}. Read it again.`,
      );
    return camera;
  }
}

export const readOnly = (id: string): ProblemError =>
  new ProblemError('camera_read_only', `Camera ${id} cannot be changed here. ${READ_ONLY}`);

export const noSuchCamera = (id: string, configured: ConfiguredCameras): ProblemError =>
  new ProblemError(
    'not_found',
    unknownName(
      `There is no camera ${id}`,
      id,
      configured.all.map((camera) => camera.id),
    ),
  );

/** The path names the camera: a body may leave out its id, but not have another one. */
function withId(body: unknown, id: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const given = (body as { id?: unknown }).id;
  if (given !== undefined && given !== id)
    throw invalid([{ path: 'id', message: `expected ${id}; an id cannot be changed` }]);
  return { ...body, id };
}
