import type { SearchParameters } from '../../../contract/detection.js';
import type { Classifier, OpenCv } from '../../../opencv/opencv.js';
import { MAX_CANDIDATES } from '../../engine/candidate.js';
import { type DetectorFiles, filesOnDisk } from '../detector-files.js';
import type { GreyImage } from '../grey-image.js';
import {
  type CascadeSearch,
  type CascadeSearchRequest,
  type GroupedCandidate,
  tooManyCandidates,
} from '../search.js';
import { CascadeCache } from './cascade-cache.js';

/**
 * OpenCV's `CascadeClassifier::detectMultiScale`. It reports no score, and always searches the whole image. OpenCV is
 * loaded with the first search.
 */
export class OpenCvSearch implements CascadeSearch {
  readonly engine = 'opencv';
  readonly #classifiers: CascadeCache<Classifier>;

  /** `maxLoaded` limits the classifiers that are kept. */
  constructor(
    private readonly openCv: () => OpenCv,
    maxLoaded?: number,
    files: DetectorFiles = filesOnDisk,
  ) {
    this.#classifiers = new CascadeCache(
      (content, file) =>
        files.withPath(content, file, (path) => new (openCv().CascadeClassifier)(path)),
      maxLoaded,
      files,
    );
  }

  search(image: GreyImage, requests: CascadeSearchRequest[]): GroupedCandidate[][] {
    return requests.map(({ cascade, parameters }) =>
      this.#detect(this.#classifiers.get(cascade), image, parameters),
    );
  }

  #detect(
    classifier: Classifier,
    image: GreyImage,
    parameters: SearchParameters,
  ): GroupedCandidate[] {
    const { scaleFactor, minNeighbors, minSize, maxSize } = parameters;
    const cv = this.openCv();
    const { objects, numDetections } = image.withMat(cv, (mat) =>
      classifier.detectMultiScale(
        mat,
        scaleFactor,
        minNeighbors,
        0,
        new cv.Size(minSize, minSize),
        new cv.Size(maxSize, maxSize),
      ),
    );
    if (objects.length > MAX_CANDIDATES) throw tooManyCandidates();
    return objects.map(({ x, y, width, height }, i) => ({
      box: { x, y, width, height },
      // Without grouping each candidate stands for itself.
      neighbors: minNeighbors === 0 ? 1 : (numDetections[i] ?? 1),
      score: null,
    }));
  }
}
