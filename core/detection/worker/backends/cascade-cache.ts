import { createHash } from 'node:crypto';
import type { CascadeFile } from '../../protocol.js';
import { type DetectorFiles, filesOnDisk } from '../detector-files.js';
import { Refusal } from '../refusal.js';

const MAX_BYTES = 64 * 1024 * 1024;

/** Makes what an engine searches with of a cascade's content, which stands in `file`. */
export type CascadeLoader<Loaded> = (content: Buffer, file: string) => Loaded;

/**
 * The cascades that an engine has loaded. Loading takes as long as searching a small image, so each is loaded when it
 * is first needed and then kept. Beyond the limit the least recently used one is dropped.
 */
export class CascadeCache<Loaded> {
  /** By the SHA-256 of the content, least recently used first. */
  readonly #loaded = new Map<string, Loaded>();

  constructor(
    private readonly load: CascadeLoader<Loaded>,
    private readonly limit = 16,
    private readonly files: DetectorFiles = filesOnDisk,
  ) {}

  /** Throws a `Refusal` if the file no longer has the content that the plan was made for. */
  get({ file, sha256 }: CascadeFile): Loaded {
    const loaded = this.#loaded.get(sha256) ?? this.load(this.#contentOf(file, sha256), file);
    this.#loaded.delete(sha256);
    this.#loaded.set(sha256, loaded);
    for (const oldest of this.#loaded.keys()) {
      if (this.#loaded.size <= this.limit) break;
      this.#loaded.delete(oldest);
    }
    return loaded;
  }

  /** The catalog notices in its next round that a file is gone, as it does that one changed. */
  #contentOf(file: string, sha256: string): Buffer {
    const content = this.files.read(file, MAX_BYTES)?.content;
    if (!content || createHash('sha256').update(content).digest('hex') !== sha256)
      throw new Refusal('detection_unavailable', 'The cascade changed since it was looked up.');
    return content;
  }
}
