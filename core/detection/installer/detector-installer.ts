import { mkdir } from 'node:fs/promises';
import type { DetectorSettings } from '../../contract/detection.js';
import { ProblemError } from '../../runtime/errors.js';
import { unknownName } from '../../runtime/unknown-name.js';
import type { AvailableModel } from '../catalog/detector-entry.js';
import { settingsFaults } from '../catalog/with-settings.js';
import { downloadFile, type WantedFile } from '../models/download-file.js';
import { hashOf } from '../models/hash-of.js';
import { FolderBusy, type StagedModel } from '../models/model-folder.js';
import { fullDiskFault, requireSpace } from '../models/partial-file.js';
import { MAX_MODEL_BYTES } from '../onnx/read-model.js';
import { requireRoom } from './added-limits.js';
import { type CollectedFile, collectFile, type DetectorFileKind } from './collect-file.js';
import type {
  GivenFile,
  Installed,
  InstallerOptions,
  InstallOptions,
  RemoteFile,
} from './installer-options.js';
import { notAdded } from './not-added.js';
import { requireRuntime, tryListed, tryOther } from './try-file.js';

/**
 * Adds detectors to the data folder and removes them, also while the program runs: it notices within seconds. A file is
 * tried in a worker before it is in use. Throws ProblemError and DownloadError.
 */
export class DetectorInstaller {
  constructor(private readonly options: InstallerOptions) {}

  /** Where a form's file is received. */
  get partials(): string {
    return this.options.folder.partials;
  }

  /** Throws DownloadError if a file of this size does not fit. */
  async requireSpace(bytes: number): Promise<void> {
    await mkdir(this.partials, { recursive: true, mode: 0o700 });
    await requireSpace(this.partials, bytes);
  }

  /** The manifest's model with this id. Throws `unknown_detector`, and `conflict` if there is nothing to download. */
  downloadable(id: string): AvailableModel {
    const { catalog } = this.options;
    const model = catalog.listed(id);
    if (model) return model;
    const known = catalog.detectors();
    if (known.some((one) => one.id === id))
      throw new ProblemError('conflict', `"${id}" needs no download: it is there already`);
    const ids = known.map((one) => one.id);
    const message = unknownName(`there is no detector "${id}"`, id, ids);
    throw new ProblemError('unknown_detector', message, { errors: [{ path: 'name', message }] });
  }

  /** Downloads a model of the manifest, from its own address, the mirror or `url`. */
  async download(id: string, options: InstallOptions, url?: URL): Promise<Installed> {
    const model = this.downloadable(id);
    const { sha256, bytes } = model;
    const wanted = { url: url ?? this.#addressOf(model), sha256, bytes, maxBytes: bytes };
    return this.#changing(options, async () => {
      const present = await this.#unchanged(id, sha256);
      if (present) return present;
      const file = await this.#fetch(wanted, 'onnx', options);
      options.onTrial?.();
      await tryListed(this.options.probe, model, file.path);
      const installed = await this.#publish(id, file);
      await file.discard();
      return installed;
    });
  }

  /** Downloads a file that no manifest lists. */
  async downloadOther(remote: RemoteFile, options: InstallOptions): Promise<Installed> {
    const { id, kind, url, sha256 } = remote;
    this.#requireFree(id);
    return this.#changing(options, async () => {
      const present = await this.#unchanged(id, sha256);
      if (present) return present;
      const file = await this.#fetch({ url, sha256, maxBytes: MAX_MODEL_BYTES }, kind, options);
      options.onTrial?.();
      try {
        return await this.#publish(id, file, (staged) =>
          tryOther(this.options.probe, staged, kind),
        );
      } finally {
        await file.discard();
      }
    });
  }

  /** Adds a file. One that the manifest lists is recognised by its hash. */
  async addFile(given: GivenFile, options: InstallOptions): Promise<Installed> {
    const { folder, catalog } = this.options;
    return this.#changing(options, async () => {
      const file = await collectFile(given.content, folder.partials);
      try {
        options.onTrial?.();
        const model = catalog.listedBySha256(file.sha256);
        if (!model || (given.id ?? model.id) !== model.id) return await this.#addOther(given, file);
        await tryListed(this.options.probe, model, file.path);
        return await this.#publish(model.id, file);
      } finally {
        await file.discard();
      }
    });
  }

  /** Sets what a detector that was added is called and how it searches. Throws ProblemError. */
  async set(
    id: string,
    settings: DetectorSettings,
    options: Pick<InstallOptions, 'signal' | 'onWait'>,
  ): Promise<void> {
    const { folder, catalog } = this.options;
    await this.#changing(options, async () => {
      if (!(await folder.find(id))) throw notAdded(id, catalog.detectors(), 'changed');
      await catalog.refresh();
      const detector = catalog.ready(id);
      if (!detector)
        throw new ProblemError(
          'conflict',
          `"${id}" cannot be used: add a file that can, or remove it`,
        );
      const errors = settingsFaults(detector, settings);
      if (errors.length > 0) {
        const lines = errors.map(({ path, message }) => `${path}: ${message}`);
        throw new ProblemError('invalid_parameter', `In the body: ${lines.join('; ')}.`, {
          errors,
        });
      }
      await folder.set(id, settings);
    });
  }

  /** Removes what was added. Throws `detector_not_removable` and `not_found`. */
  async remove(id: string, options: Pick<InstallOptions, 'signal' | 'onWait'>): Promise<void> {
    const { folder, catalog } = this.options;
    await this.#changing(options, async () => {
      if (!(await folder.remove(id))) throw notAdded(id, catalog.detectors(), 'removed');
    });
  }

  async #addOther(given: GivenFile, file: CollectedFile): Promise<Installed> {
    const { id = given.proposedId, description, labels } = given;
    if (id === undefined)
      throw new ProblemError('invalid_parameter', 'name: expected a name for the detector', {
        errors: [{ path: 'name', message: 'expected a name for the detector' }],
      });
    this.#requireFree(id);
    return this.#publish(id, file, async (staged) => {
      if (description !== undefined) await staged.write('yaml', description);
      if (labels !== undefined) await staged.write('txt', labels);
      await tryOther(this.options.probe, staged, file.kind);
    });
  }

  /** One process at a time, and each failure as the caller needs it. */
  async #changing<T>(
    options: Pick<InstallOptions, 'signal' | 'onWait'>,
    change: () => Promise<T>,
  ): Promise<T> {
    const { folder, catalog } = this.options;
    try {
      const result = await folder.locked(change, options);
      await catalog.refresh();
      return result;
    } catch (error) {
      if (error instanceof FolderBusy)
        throw new ProblemError('detectors_busy', 'Another detector is being added or removed.', {
          retryAfter: 5,
        });
      throw fullDiskFault(error, folder.folder);
    }
  }

  async #fetch(
    wanted: WantedFile,
    kind: DetectorFileKind,
    { signal, onProgress, onRetry }: InstallOptions,
  ): Promise<CollectedFile> {
    requireRuntime(kind);
    const { folder, proxies, userAgent, limits } = this.options;
    const partial = await downloadFile(wanted, {
      ...{ folder: folder.partials, proxies, userAgent, signal },
      ...(onProgress && { onProgress }),
      ...(onRetry && { onRetry }),
      ...(limits && { limits }),
    });
    const { path, size: bytes } = partial;
    return { path, kind, sha256: wanted.sha256, bytes, discard: () => partial.remove() };
  }

  /** Readers see the file once `prepare` has ended; if that fails everything is removed. */
  async #publish(
    id: string,
    { path, kind, sha256, bytes }: CollectedFile,
    prepare?: (staged: StagedModel) => Promise<void>,
  ): Promise<Installed> {
    const { folder } = this.options;
    await requireRoom(folder, { id, bytes }, this.options.added);
    const was = await folder.find(id);
    const staged = await folder.stage(id);
    try {
      await staged.take(path, kind);
      await prepare?.(staged);
      await folder.publish(staged, { file: `${id}.${kind}`, sha256, bytes });
      return { id, bytes, outcome: was ? 'replaced' : 'added' };
    } catch (error) {
      await staged.discard();
      throw error;
    }
  }

  /** What is there under an id, if it is the wanted file and whole. */
  async #unchanged(id: string, wanted: string): Promise<Installed | undefined> {
    const present = await this.options.folder.find(id);
    if (present?.sha256 !== wanted) return undefined;
    const sha256 = await hashOf(present.path).catch(() => undefined);
    return sha256 === wanted ? { id, bytes: present.bytes, outcome: 'unchanged' } : undefined;
  }

  /** Throws `conflict` for the id of a detector that was not added. */
  #requireFree(id: string): void {
    const { catalog } = this.options;
    if (catalog.listed(id))
      throw new ProblemError(
        'conflict',
        `"${id}" is a model that Siteglass knows, and this is another file; give it another name`,
      );
    const other = catalog.detectors().find((one) => one.id === id);
    if (other && !other.removable)
      throw new ProblemError('conflict', `there is a detector "${id}" already; use another name`);
  }

  #addressOf({ url }: AvailableModel): URL {
    const { mirror } = this.options;
    if (mirror === undefined) return new URL(url);
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    return new URL(name, mirror.endsWith('/') ? mirror : `${mirror}/`);
  }
}
