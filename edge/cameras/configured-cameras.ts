import type { DeclaredIn } from '../../core/contract/camera-management.js';
import { type CameraConfig, MAX_CAMERAS } from './camera-config.js';
import type { ManagedCamera } from './managed/managed-cameras.js';

/** Where the cameras that the API manages come from. */
export interface ManagedSource {
  readonly all: readonly ManagedCamera[];
}

const NONE: ManagedSource = { all: [] };

/** The cameras that are in force: those of the configuration file, which a reload replaces, then those of the API. */
export class ConfiguredCameras {
  constructor(
    private file: readonly CameraConfig[],
    private readonly managed: ManagedSource = NONE,
  ) {}

  get all(): readonly CameraConfig[] {
    return [...this.file, ...this.#used.map(({ config }) => config)];
  }

  replaceFile(cameras: readonly CameraConfig[]): void {
    this.file = cameras;
  }

  declaredIn(id: string): DeclaredIn | undefined {
    if (this.file.some((camera) => camera.id === id)) return 'file';
    return this.managed.all.some((camera) => camera.id === id) ? 'api' : undefined;
  }

  get(id: string): CameraConfig | undefined {
    return this.all.find((camera) => camera.id === id);
  }

  /** For people; undefined if it has none, or if there is no such camera. */
  nameOf(id: string): string | undefined {
    return this.get(id)?.name;
  }

  /** A line for each camera of the API that is not used, or lacks something, with what to do. */
  faults(): string[] {
    const used = new Set<ManagedCamera>(this.#used);
    return this.managed.all.flatMap((camera) => [
      ...(used.has(camera) ? [] : [this.#whyUnused(camera)]),
      ...camera.lacks.map(
        (path) =>
          `camera ${camera.id}: its ${path} is not on this machine (no backup has it); enter it again`,
      ),
    ]);
  }

  get #used() {
    const ids = new Set(this.file.map(({ id }) => id));
    return this.managed.all
      .filter(isUsable)
      .filter(({ id }) => !ids.has(id))
      .slice(0, Math.max(0, MAX_CAMERAS - this.file.length));
  }

  #whyUnused({ id, faults }: ManagedCamera): string {
    if (this.file.some((camera) => camera.id === id))
      return `camera ${id}: the configuration file and the API both declare it, and the file's is used; remove it from one of them`;
    const [fault] = faults;
    if (fault)
      return `camera ${id}: its settings cannot be used (${fault.path}: ${fault.message}); correct or remove it`;
    return `camera ${id}: it is not used, since there are more than ${MAX_CAMERAS} cameras`;
  }
}

type UsableCamera = ManagedCamera & { config: CameraConfig };
const isUsable = (camera: ManagedCamera): camera is UsableCamera => camera.config !== undefined;
