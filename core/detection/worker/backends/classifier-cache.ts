import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Classifier, OpenCv } from '../../../opencv/opencv.js';
import type { CascadeFile } from '../../protocol.js';
import { Refusal } from '../refusal.js';

/**
 * One classifier a cascade, loaded when it is first needed, since loading takes as long as searching a
 * small image. Past the limit the one unused for longest goes.
 */
export class ClassifierCache {
  readonly #classifiers = new Map<string, Classifier>();

  constructor(
    private readonly cv: OpenCv,
    private readonly limit = 16,
  ) {}

  get(cascade: CascadeFile): Classifier {
    const key = `${cascade.sha256} ${cascade.file}`;
    const classifier = this.#classifiers.get(key) ?? this.#load(cascade);
    this.#classifiers.delete(key);
    this.#classifiers.set(key, classifier);
    for (const oldest of this.#classifiers.keys()) {
      if (this.#classifiers.size <= this.limit) break;
      this.#classifiers.delete(oldest);
    }
    return classifier;
  }

  #load({ file, sha256 }: CascadeFile): Classifier {
    if (hashOf(file) !== sha256)
      throw new Refusal('detection_unavailable', 'The cascade changed since it was looked up.');
    return new this.cv.CascadeClassifier(file);
  }
}

function hashOf(file: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    // Gone, like changed, is noticed by the catalog in its next round.
    return undefined;
  }
}
