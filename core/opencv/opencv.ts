import { createRequire } from 'node:module';
import { type OpenCvPart, openCvAddon } from './opencv-addon.js';

/** An image in native memory, which the garbage collector does not see: `release()` it. */
export interface Mat {
  readonly rows: number;
  readonly cols: number;
  resize(rows: number, cols: number, fx: number, fy: number, interpolation: number): Mat;
  rotate(code: number): Mat;
  /** 0 flips upside down, 1 left to right. */
  flip(code: 0 | 1): Mat;
  /** A copy of the pixels, row by row without padding. */
  getData(): Buffer;
  /** To a Mat of the same size and type. Returns it as another object, which has to be released as well. */
  copyTo(other: Mat): Mat;
  release(): void;
  drawRectangle(from: Point, to: Point, colour: Colour, thickness: number, lineType: number): void;
  putText(
    text: string,
    bottomLeft: Point,
    font: number,
    scale: number,
    colour: Colour,
    thickness: number,
    lineType: number,
  ): void;
}

export interface Classifier {
  /** Throws, as most of the addon does, a string. */
  detectMultiScale(
    grey: Mat,
    scaleFactor: number,
    minNeighbors: number,
    flags: number,
    minSize: Size,
    maxSize: Size,
  ): {
    objects: { x: number; y: number; width: number; height: number }[];
    numDetections: number[];
  };
}

export interface VideoCapture {
  /** An empty Mat at the end. */
  read(): Mat;
  readAsync(callback: (error: unknown, frame: Mat | undefined) => void): void;
  get(property: number): number;
  set(property: number, value: number): boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Blue, green, red. */
export interface Colour {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is used here of the addons. Each has only what its part needs; the one of a checkout has all. */
export interface OpenCv {
  readonly version: { major: number; minor: number; revision: number };
  /** Filled, or over memory that stays the caller's and has to outlive it. */
  readonly Mat: new (
    rows: number,
    cols: number,
    type: number,
    fill: number | Uint8Array,
  ) => Mat;
  readonly Point2: new (x: number, y: number) => Point;
  readonly Vec3: new (blue: number, green: number, red: number) => Colour;
  readonly Size: new (width: number, height: number) => Size;
  /** Aborts the process if the file cannot be parsed. */
  readonly CascadeClassifier: new (
    file: string,
  ) => Classifier;
  /** Blocks until it is open; throws if it cannot be opened. */
  readonly VideoCapture: new (
    address: string,
    backend: number,
  ) => VideoCapture;
  /** An empty Mat if it does not decode; aborts the process on an empty buffer or too many pixels. */
  imdecode(bytes: Buffer, flags: number): Mat;
  imencode(extension: string, image: Mat, parameters: number[]): Buffer;
  getTextSize(
    text: string,
    font: number,
    scale: number,
    thickness: number,
  ): { size: Size; baseLine: number };
  setNumThreads(threads: number): void;
  readonly CAP_FFMPEG: number;
  readonly CAP_V4L2: number;
  readonly CAP_PROP_POS_MSEC: number;
  readonly CAP_PROP_FPS: number;
  readonly CAP_PROP_FRAME_COUNT: number;
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly IMREAD_GRAYSCALE: number;
  readonly IMWRITE_JPEG_QUALITY: number;
  readonly INTER_AREA: number;
  readonly ROTATE_90_CLOCKWISE: number;
  readonly ROTATE_180: number;
  readonly ROTATE_90_COUNTERCLOCKWISE: number;
  readonly FONT_HERSHEY_SIMPLEX: number;
  readonly LINE_8: number;
  readonly LINE_AA: number;
  readonly FILLED: number;
}

/**
 * Loads the compiled addon itself. The package's JavaScript around it would print at load, look for an
 * OpenCV build on the machine and cost memory, for nothing that is used here. Throws OpenCvMissing.
 */
export function loadOpenCv(part: OpenCvPart): OpenCv {
  const cv: OpenCv = createRequire(import.meta.url)(openCvAddon(part));
  // One worker a core is the parallelism; threads below it would only contend.
  cv.setNumThreads(1);
  return cv;
}

/** The result of `transform`; the Mat it was made from is released, also on failure. */
export function consume<T>(mat: Mat, transform: (mat: Mat) => T): T {
  try {
    return transform(mat);
  } finally {
    mat.release();
  }
}
