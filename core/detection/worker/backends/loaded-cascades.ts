import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CascadeEngine, LoadedCascade } from '../../engine/cascade-engine.js';
import { parseCascade } from '../../engine/parse-cascade.js';
import type { CascadeFile } from '../../protocol.js';
import { Refusal } from '../refusal.js';

/**
 * The cascades that a worker searches with, parsed and packed when they are first needed. Past the limit the one
 * unused for longest goes.
 */
export class LoadedCascades {
  readonly #cascades = new Map<string, LoadedCascade>();

  constructor(
    private readonly engine: CascadeEngine,
    private readonly limit = 16,
  ) {}

  get(file: CascadeFile): LoadedCascade {
    const cascade = this.#cascades.get(file.sha256) ?? this.#load(file);
    this.#cascades.delete(file.sha256);
    this.#cascades.set(file.sha256, cascade);
    for (const oldest of this.#cascades.keys()) {
      if (this.#cascades.size <= this.limit) break;
      this.#cascades.delete(oldest);
    }
    return cascade;
  }

  #load({ file, sha256 }: CascadeFile): LoadedCascade {
    const content = readIfThere(file);
    if (!content || createHash('sha256').update(content).digest('hex') !== sha256)
      throw new Refusal('detection_unavailable', 'The cascade changed since it was looked up.');
    const parsed = parseCascade(content.toString());
    if ('notServed' in parsed) {
      throw new Error(`planned for the wrong engine: ${parsed.notServed.reason} (${file})`);
    }
    return this.engine.load(parsed.model);
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
