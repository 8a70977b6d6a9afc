import type { OpenCv } from '../../opencv/opencv.js';
import { parseCascade } from '../engine/parse-cascade.js';
import type { CascadeFile, CascadeProbeResult } from '../protocol.js';
import { OpenCvSearch } from './backends/opencv.js';
import { type DetectorFiles, filesOnDisk } from './detector-files.js';
import { GreyImage } from './grey-image.js';
import { Refusal } from './refusal.js';
import type { Engines } from './search-orientations.js';

const SIDE = 640;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Loads a cascade and searches an image with it, by the engine that serves it: OpenCV for what the project's own does
 * not support. A cascade that OpenCV cannot read may end the process instead. Throws `InvalidCascade` before OpenCV
 * sees one that would make it read outside its tables or not return.
 */
export function probe(
  openCv: () => OpenCv,
  cascade: CascadeFile,
  engines: Engines,
  files: DetectorFiles = filesOnDisk,
): CascadeProbeResult {
  const parsed = parseCascade(textOf(cascade, files));
  const own = 'model' in parsed ? engines.siteglass : undefined;
  if (!own) requireOpenCv(openCv);
  // One with a cache of its own, so that a cascade on trial displaces none in use.
  const search = own ?? new OpenCvSearch(openCv, 1, files);
  const parameters = { scaleFactor: 1.2, minNeighbors: 3, minSize: 1, maxSize: 0 };
  try {
    search.search(testImage(), [{ cascade, parameters }]);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('invalid_parameter', 'It does not read as a cascade.');
  }
  const { engine } = search;
  const served = { kind: 'cascade', engine } as const;
  return 'unsupported' in parsed ? { ...served, reason: parsed.unsupported.reason } : served;
}

function textOf({ file }: CascadeFile, files: DetectorFiles): string {
  const content = files.read(file, MAX_BYTES)?.content;
  if (!content)
    throw new Refusal('detection_unavailable', 'The cascade changed since it was looked up.');
  return content.toString('utf8');
}

/** Without OpenCV this cascade is not usable: trying it again later would change nothing. */
function requireOpenCv(openCv: () => OpenCv): void {
  try {
    openCv();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal('invalid_parameter', error.message);
  }
}

/** Squares within squares: edges at every scale, so that windows get past the first stage. */
function testImage(): GreyImage {
  const pixels = Buffer.alloc(SIDE * SIDE, 128);
  for (let inset = 8; inset < SIDE / 2; inset += 24)
    for (let y = inset; y <= SIDE - inset; y++)
      pixels.fill((inset * 37) % 256, y * SIDE + inset, y * SIDE + SIDE - inset + 1);
  return new GreyImage(SIDE, SIDE, pixels);
}
