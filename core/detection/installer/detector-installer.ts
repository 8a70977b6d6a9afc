import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { DetectorResource } from '../../contract/detection.js';
import { ProblemError } from '../../runtime/errors.js';
import { unknownName } from '../../runtime/unknown-name.js';
import type { AvailableModel } from '../catalog/detector-entry.js';
import { DetectorFault } from '../catalog/detector-fault.js';
import { examineFile } from '../catalog/detector-files.js';
import { MAX_MODEL_BYTES } from '../catalog/examine-model.js';
import { refusalOf } from '../catalog/operator-detectors.js';
import type { Probe } from '../catalog/probe.js';
import { bytesText, DownloadError, noSpace } from '../models/download-error.js';
import {
  type DownloadLimits,
  type DownloadProgress,
  downloadFile,
} from '../models/download-file.js';
import { hashOf } from '../models/hash-of.js';
import type { ModelFolder, StagedModel } from '../models/model-folder.js';
import { isFull, type PartialFile, requireSpace } from '../models/partial-file.js';
import type { ProxyVariables } from '../models/proxy.js';

/** What the installer has to know of the detectors that there are. */
export interface InstalledCatalog {
  detectors(): DetectorResource[];
  /** The manifest's model with this id, or with this hash. */
  listed(id: string): AvailableModel | undefined;
  listedBySha256(sha256: string): AvailableModel | undefined;
}

export interface InstallerOptions {
  folder: ModelFolder;
  catalog: InstalledCatalog;
  /** Tries a file in a worker. */
  probe: Probe;
  /** The models' files are downloaded from below this URL instead of their own. */
  mirror: string | undefined;
  proxies: ProxyVariables;
  userAgent: string;
  limits?: Partial<DownloadLimits>;
}

export interface InstallOptions {
  signal: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** A download was interrupted and goes on after a pause. */
  onRetry?: (reason: string, pauseMs: number) => void;
  /** The file is there and is tried now. */
  onTrial?: () => void;
  /** Another process changes the folder; it is waited for. Without this, FolderBusy is thrown. */
  onWait?: () => void;
}

/** A file from elsewhere: a USB stick, or a form. */
export interface GivenFile {
  id: string;
  kind: 'onnx' | 'xml';
  content: Readable;
  /** YAML, as `ID.yaml` beside a model, and the labels, one a line. */
  description?: string | undefined;
  labels?: string | undefined;
}

/** A file at an address of the operator's choice. */
export interface RemoteFile {
  id: string;
  kind: 'onnx' | 'xml';
  url: URL;
  sha256: string;
}

export interface Installed {
  id: string;
  bytes: number;
  /** `unchanged`: the same file was there. */
  outcome: 'added' | 'replaced' | 'unchanged';
}

/**
 * Adds detectors to the data folder and removes them, also while the program runs: it notices within seconds. A file is
 * tried in a worker before it is in use. Throws DetectorFault, DownloadError, FolderBusy, and ProblemError for an unknown id.
 */
export class DetectorInstaller {
  constructor(private readonly options: InstallerOptions) {}

  /** Downloads a model of the manifest, from its own address, the mirror or `url`. */
  async download(id: string, options: InstallOptions, url?: URL): Promise<Installed> {
    const model = this.#listed(id);
    return this.options.folder.locked(async () => {
      const present = await this.#present(id);
      if (present?.sha256 === model.sha256)
        return { id, bytes: present.bytes, outcome: 'unchanged' };
      const wanted = {
        url: url ?? this.#addressOf(model),
        sha256: model.sha256,
        bytes: model.bytes,
        maxBytes: model.bytes,
      };
      const partial = await this.#fetch(wanted, options);
      options.onTrial?.();
      await this.#tryListed(model, partial.path);
      return this.#takeOver(id, partial, 'onnx', model.sha256);
    }, options);
  }

  /** Downloads a file that no manifest lists. */
  async downloadOther({ id, kind, url, sha256 }: RemoteFile, options: InstallOptions) {
    this.#requireFree(id);
    return this.options.folder.locked(async (): Promise<Installed> => {
      const present = await this.#present(id);
      if (present?.sha256 === sha256) return { id, bytes: present.bytes, outcome: 'unchanged' };
      const partial = await this.#fetch({ url, sha256, maxBytes: MAX_MODEL_BYTES }, options);
      options.onTrial?.();
      const staged = await this.options.folder.stage(id);
      return this.#publishing(staged, async () => {
        const path = await staged.take(partial.path, kind);
        await partial.remove();
        await this.#tryOther(id, path, kind);
        return { file: `${id}.${kind}`, sha256, bytes: partial.size };
      });
    }, options);
  }

  /** Adds a file. One that the manifest lists is recognised by its hash and gets the id that it has there. */
  async addFile(given: GivenFile, options: InstallOptions): Promise<Installed> {
    return this.options.folder.locked(async () => {
      const staged = await this.options.folder.stage(given.id);
      try {
        return await this.#addStaged(given, staged, options);
      } finally {
        if ((await this.options.folder.find(staged.id))?.version !== staged.version)
          await staged.discard();
      }
    }, options);
  }

  /** Removes what was added. Throws DetectorFault for a detector that was not. */
  async remove(id: string, options: Pick<InstallOptions, 'signal' | 'onWait'>): Promise<void> {
    await this.options.folder.locked(async () => {
      if (await this.options.folder.remove(id)) return;
      const known = this.options.catalog.detectors().find((one) => one.id === id);
      if (!known) throw this.#unknown(id);
      throw new DetectorFault(reasonNotToRemove(known));
    }, options);
  }

  async #addStaged(
    given: GivenFile,
    staged: StagedModel,
    options: InstallOptions,
  ): Promise<Installed> {
    const { id, kind, content, description, labels } = given;
    const { sha256, bytes } = await copy(content, staged, kind);
    options.onTrial?.();
    const model = kind === 'onnx' ? this.options.catalog.listedBySha256(sha256) : undefined;
    if (model) {
      await this.#tryListed(model, staged.path(kind));
      const own = await this.options.folder.stage(model.id);
      return this.#publishing(own, async () => {
        await own.take(staged.path(kind), kind);
        return { file: `${model.id}.onnx`, sha256, bytes };
      });
    }
    this.#requireFree(id);
    return this.#publishing(staged, async () => {
      if (description !== undefined) await staged.write('yaml', description);
      if (labels !== undefined) await staged.write('txt', labels);
      await this.#tryOther(id, staged.path(kind), kind);
      return { file: `${id}.${kind}`, sha256, bytes };
    });
  }

  #takeOver(id: string, partial: PartialFile, kind: 'onnx', sha256: string): Promise<Installed> {
    return this.options.folder.stage(id).then((staged) =>
      this.#publishing(staged, async () => {
        await staged.take(partial.path, kind);
        await partial.remove();
        return { file: `${id}.${kind}`, sha256, bytes: partial.size };
      }),
    );
  }

  /** Readers see the staged files once `prepare` has ended; if it fails they are removed. */
  async #publishing(
    staged: StagedModel,
    prepare: () => Promise<{ file: string; sha256: string; bytes: number }>,
  ): Promise<Installed> {
    const { folder } = this.options;
    try {
      const was = await folder.find(staged.id);
      const files = await prepare();
      await folder.publish(staged, files);
      return { id: staged.id, bytes: files.bytes, outcome: was ? 'replaced' : 'added' };
    } catch (error) {
      await staged.discard();
      throw fullDisk(error, folder.folder);
    }
  }

  #fetch(
    wanted: Parameters<typeof downloadFile>[0],
    { signal, onProgress, onRetry }: InstallOptions,
  ): Promise<PartialFile> {
    const { folder, proxies, userAgent, limits } = this.options;
    return downloadFile(wanted, {
      ...{ folder: folder.partials, proxies, userAgent, signal },
      ...(onProgress && { onProgress }),
      ...(onRetry && { onRetry }),
      ...(limits && { limits }),
    });
  }

  /** What is there under an id, if its file is whole. */
  async #present(id: string) {
    const present = await this.options.folder.find(id);
    if (!present) return undefined;
    const sha256 = await hashOf(present.path).catch(() => undefined);
    return sha256 === present.sha256 ? present : undefined;
  }

  async #tryListed(model: AvailableModel, file: string): Promise<void> {
    const { sha256, model: description } = model;
    await refusing(() =>
      this.options.probe({ kind: 'onnx', model: { file, sha256 }, description }),
    );
  }

  async #tryOther(id: string, path: string, kind: 'onnx' | 'xml'): Promise<void> {
    const file = { id, path, kind: kind === 'onnx' ? kind : ('cascade' as const) };
    await refusing(() => examineFile(file, this.options.probe));
  }

  #listed(id: string): AvailableModel {
    const model = this.options.catalog.listed(id);
    if (model) return model;
    const known = this.options.catalog.detectors().find((one) => one.id === id);
    if (known) throw new DetectorFault(`"${id}" needs no download: it is there already`);
    throw this.#unknown(id);
  }

  #unknown(id: string): ProblemError {
    const ids = this.options.catalog.detectors().map((one) => one.id);
    const message = unknownName(`there is no detector "${id}"`, id, ids);
    return new ProblemError('unknown_detector', message, {
      errors: [{ path: 'name', message }],
    });
  }

  /** An operator's detector cannot have the id of one that ships, or of one in the operator's folder. */
  #requireFree(id: string): void {
    if (this.options.catalog.listed(id))
      throw new DetectorFault(
        `"${id}" is the name of a model that Siteglass knows, and the file is another one`,
      );
    const other = this.options.catalog.detectors().find((one) => one.id === id);
    if (other && !other.removable)
      throw new DetectorFault(`another detector has the name "${id}"; choose another name`);
  }

  #addressOf({ url }: AvailableModel): URL {
    const { mirror } = this.options;
    if (mirror === undefined) return new URL(url);
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    return new URL(name, mirror.endsWith('/') ? mirror : `${mirror}/`);
  }
}

function reasonNotToRemove({ id, origin, status }: DetectorResource): string {
  if (status === 'available') return `"${id}" is not downloaded, so there is nothing to remove`;
  if (origin === 'operator') return `"${id}" lies in detection.folder; remove its file there`;
  return `"${id}" comes with Siteglass and cannot be removed`;
}

/** Turns what a worker says of a file into the reason for the operator. */
async function refusing(trial: () => Promise<unknown>): Promise<void> {
  try {
    await trial();
  } catch (error) {
    if (error instanceof ProblemError && error.status === 503) throw error;
    throw new DetectorFault(refusalOf(error));
  }
}

/** Copies a file into its place, and counts and hashes it on the way. */
async function copy(
  content: Readable,
  staged: StagedModel,
  extension: string,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  const handle = await staged.create(extension);
  let bytes = 0;
  try {
    await requireSpace(staged.folder, 0);
    for await (const chunk of content as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_MODEL_BYTES)
        throw new DetectorFault(`it is larger than ${bytesText(MAX_MODEL_BYTES)}`);
      await handle.writeFile(chunk);
      hash.update(chunk);
    }
    await handle.sync();
  } catch (error) {
    throw fullDisk(error, staged.folder);
  } finally {
    await handle.close();
  }
  if (bytes === 0) throw new DetectorFault('it is empty');
  return { sha256: hash.digest('hex'), bytes };
}

const fullDisk = (error: unknown, folder: string): unknown =>
  isFull(error) ? noSpace(folder, 'the disk is full', error) : error;

export const isDownloadError = (error: unknown): error is DownloadError =>
  error instanceof DownloadError;
