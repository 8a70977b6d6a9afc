import { createHash } from 'node:crypto';
import type { ModelDescription } from '../../detection.js';
import { OnnxModel } from '../../onnx/onnx-model.js';
import { checkModelSize, MAX_MODEL_BYTES } from '../../onnx/read-model.js';
import type { OnnxRuntime } from '../../onnx/runtime.js';
import type { ModelFile } from '../../protocol.js';
import { type DetectorFiles, filesOnDisk } from '../detector-files.js';
import { Refusal } from '../refusal.js';

/** Of the models' files; a session takes two to ten times as much memory. */
const MAX_BYTES = 128 * 1024 * 1024;

interface Kept {
  model: OnnxModel;
  bytes: number;
}

/**
 * The models that a worker has loaded. Loading takes as long as tens of searches, so each is loaded when it is first
 * needed and then kept. Beyond a limit of bytes the least recently used one goes; the one in use stays, however large.
 */
export class ModelCache {
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly runtime: () => OnnxRuntime,
    private readonly maxBytes = MAX_BYTES,
    private readonly files: DetectorFiles = filesOnDisk,
  ) {}

  /**
   * Throws a `Refusal` if the file no longer has the content that the plan was made for, `UnusableModel` if it is no
   * model.
   */
  async get(file: ModelFile, size: Partial<ModelDescription>): Promise<OnnxModel> {
    const key = keyOf(file, size);
    const kept = this.#kept.get(key) ?? (await this.#load(file, size));
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    await this.#trim();
    return kept.model;
  }

  /** Releases one, with the memory that it keeps for its next run. */
  async remove(file: ModelFile, size: Partial<ModelDescription>): Promise<void> {
    const key = keyOf(file, size);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    await kept?.model.release();
  }

  /** Releases all of them. */
  async clear(): Promise<void> {
    const models = [...this.#kept.values()];
    this.#kept.clear();
    for (const { model } of models) await model.release();
  }

  async #load(file: ModelFile, { width, height }: Partial<ModelDescription>): Promise<Kept> {
    const content = this.#contentOf(file);
    const size = {
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
    };
    const model = await OnnxModel.load(this.runtime(), content, size);
    return { model, bytes: content.length };
  }

  /** A file that is too large is not read. */
  #contentOf({ file, sha256 }: ModelFile): Buffer {
    const found = this.files.read(file, MAX_MODEL_BYTES);
    if (found) checkModelSize(found.size);
    const content = found?.content;
    if (!content || createHash('sha256').update(content).digest('hex') !== sha256)
      throw new Refusal('detection_unavailable', 'The model changed since it was looked up.');
    return content;
  }

  async #trim(): Promise<void> {
    let bytes = [...this.#kept.values()].reduce((sum, kept) => sum + kept.bytes, 0);
    for (const [key, kept] of this.#kept) {
      if (bytes <= this.maxBytes || this.#kept.size === 1) return;
      this.#kept.delete(key);
      bytes -= kept.bytes;
      await kept.model.release();
    }
  }
}

const keyOf = ({ sha256 }: ModelFile, { width, height }: Partial<ModelDescription>) =>
  `${sha256} ${width} ${height}`;
