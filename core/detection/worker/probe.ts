import { readFileSync } from 'node:fs';
import type { EngineName } from '../../contract/detection.js';
import { consume, type Mat, type OpenCv } from '../../opencv/opencv.js';
import { parseCascade } from '../engine/parse-cascade.js';
import type { CascadeFile } from '../protocol.js';
import { OpenCvSearch } from './backends/opencv.js';
import { GreyImage } from './grey-image.js';
import { Refusal } from './refusal.js';
import type { Engines } from './search-orientations.js';

const SIDE = 640;

/**
 * Loads a cascade and searches an image with it, by OpenCV and by the engine that supports it. A cascade that OpenCV
 * cannot read may end the process instead.
 */
export function probe(cv: OpenCv, cascade: CascadeFile, engines: Engines): EngineName {
  // One with a cache of its own, so that a cascade on trial displaces none in use.
  const search = new OpenCvSearch(cv, 1);
  const parameters = { scaleFactor: 1.2, minNeighbors: 3, minSize: 1, maxSize: 0 };
  return consume(testImage(cv), (mat) => {
    try {
      const image = GreyImage.of(mat);
      search.search(image, [{ cascade, parameters }]);
      if (!engines.siteglass || !isSupported(cascade)) return 'opencv';
      engines.siteglass.search(image, [{ cascade, parameters }]);
      return 'siteglass';
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal('invalid_parameter', 'It does not read as a cascade.');
    }
  });
}

/** Whether the project's own engine finds in images exactly what OpenCV finds with this cascade. */
function isSupported({ file }: CascadeFile): boolean {
  return 'model' in parseCascade(readFileSync(file, 'utf8'));
}

/** Squares within squares: edges at every scale, so that windows get past the first stage. */
function testImage(cv: OpenCv): Mat {
  const mat = new cv.Mat(SIDE, SIDE, cv.CV_8UC1, 128);
  for (let inset = 8; inset < SIDE / 2; inset += 24) {
    const grey = (inset * 37) % 256;
    const from = new cv.Point2(inset, inset);
    const to = new cv.Point2(SIDE - inset, SIDE - inset);
    mat.drawRectangle(from, to, new cv.Vec3(grey, grey, grey), cv.FILLED, cv.LINE_8);
  }
  return mat;
}
