import type { Mat, OpenCv } from '../opencv/opencv.js';

/** Well above what detectors notice; a 1080p frame takes some 0.5 MB at most. */
const QUALITY = 90;

export const frameJpeg = (cv: OpenCv, frame: Mat): Buffer =>
  cv.imencode('.jpg', frame, [cv.IMWRITE_JPEG_QUALITY, QUALITY]);
