import type { SearchParameters } from '../../../contract/detection.js';
import type { Classifier, OpenCv } from '../../../opencv/opencv.js';
import type { GreyImage } from '../grey-image.js';
import {
  type CascadeSearch,
  type CascadeSearchRequest,
  type Hit,
  MAX_WINDOWS,
  tooManyWindows,
} from '../search.js';
import type { ClassifierCache } from './classifier-cache.js';

/** OpenCV's `CascadeClassifier::detectMultiScale`. It does not report a score, and searches the whole image always. */
export class OpenCvSearch implements CascadeSearch {
  readonly engine = 'opencv';

  constructor(
    private readonly cv: OpenCv,
    private readonly classifiers: ClassifierCache,
  ) {}

  search(image: GreyImage, requests: CascadeSearchRequest[]): Hit[][] {
    return requests.map(({ cascade, parameters }) =>
      this.#detect(this.classifiers.get(cascade), image, parameters),
    );
  }

  #detect(classifier: Classifier, image: GreyImage, parameters: SearchParameters): Hit[] {
    const { scaleFactor, minNeighbors, minSize, maxSize } = parameters;
    const { objects, numDetections } = classifier.detectMultiScale(
      image.mat,
      scaleFactor,
      minNeighbors,
      0,
      new this.cv.Size(minSize, minSize),
      new this.cv.Size(maxSize, maxSize),
    );
    if (objects.length > MAX_WINDOWS) throw tooManyWindows();
    return objects.map(({ x, y, width, height }, i) => ({
      box: { x, y, width, height },
      // Without grouping each window stands for itself.
      neighbors: minNeighbors === 0 ? 1 : (numDetections[i] ?? 1),
      score: null,
    }));
  }
}
