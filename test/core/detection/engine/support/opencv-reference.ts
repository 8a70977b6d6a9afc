import type { Box } from '../../../../../core/contract/detection.js';
import type { GreyPixels } from '../../../../../core/detection/engine/cascade-engine.js';
import type { ScaleRange } from '../../../../../core/detection/engine/search-plan.js';
import {
  type Classifier,
  consume,
  loadOpenCv,
  type Mat,
  type OpenCv,
} from '../../../../../core/opencv/opencv.js';

export interface FoundBox extends Box {
  neighbors: number;
}

/** What the installed OpenCV finds, on one thread. */
export class OpenCvReference {
  readonly #cv: OpenCv = loadOpenCv('engine');
  readonly #classifiers = new Map<string, Classifier>();

  /** Boxes in OpenCV's order, clipped to the image. With `minNeighbors` 0 every window is one. */
  find(file: string, image: Mat, range: ScaleRange, minNeighbors: number): FoundBox[] {
    const { scaleFactor, minSize, maxSize } = range;
    const { objects, numDetections } = this.#classifier(file).detectMultiScale(
      image,
      scaleFactor,
      minNeighbors,
      0,
      new this.#cv.Size(minSize.width, minSize.height),
      new this.#cv.Size(maxSize.width, maxSize.height),
    );
    return objects.map(({ x, y, width, height }, i) => ({
      x,
      y,
      width,
      height,
      neighbors: minNeighbors === 0 ? 1 : (numDetections[i] ?? 0),
    }));
  }

  /** Hands the pixels over as a portable grey map, which loses nothing. */
  withImage<T>({ width, height, data }: GreyPixels, use: (image: Mat) => T): T {
    const map = Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]);
    return consume(this.#cv.imdecode(map, this.#cv.IMREAD_GRAYSCALE), use);
  }

  /** The grey pixels of an encoded image. */
  decode(bytes: Buffer): GreyPixels {
    return consume(this.#cv.imdecode(bytes, this.#cv.IMREAD_GRAYSCALE), (image) => ({
      width: image.cols,
      height: image.rows,
      data: new Uint8Array(image.getData()),
    }));
  }

  #classifier(file: string): Classifier {
    const classifier = this.#classifiers.get(file) ?? new this.#cv.CascadeClassifier(file);
    this.#classifiers.set(file, classifier);
    return classifier;
  }
}
