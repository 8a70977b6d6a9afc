import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Analysis, Detection, Times } from '../../core/contract/detection.js';
import { DetectorCatalog } from '../../core/detection/catalog/detector-catalog.js';
import { DetectionPool } from '../../core/detection/pool/detection-pool.js';
import { createLogger } from '../../core/runtime/logger.js';
import { projectRoot } from '../../core/runtime/project-root.js';

/** An emulated worker starts more slowly than a real one is allowed to. */
const DEADLINE_MS = 600_000;
/** qemu maps its own code and memory above. */
const END_OF_EMULATED = 2n ** 44n;

/** The detections of one search; `digest` is of all their fields. */
interface Found {
  image: string;
  detector: string;
  count: number;
  digest: string;
}

export interface WorkerState {
  /** Processes that map a library of OpenCV, or of ONNX Runtime. */
  withOpenCv: number[];
  withOnnxRuntime: number[];
  /** Proportional set size of the worker, without what qemu adds. */
  megabytes: number;
}

export interface InstalledResult {
  sqlite: string;
  engines: string[];
  /** The default search of each image. */
  samples: { image: string; detections: Detection[]; times: Times }[];
  /** Every shipped cascade on the last image, with `minNeighbors: 0`: all windows that a cascade accepts. */
  windows: Found[];
  model: { detections: Detection[]; times: Times };
  /** After the first image, after all cascades, and after the model. */
  worker: { first: WorkerState; cascades: WorkerState; model: WorkerState };
  /** The first image with its boxes, as a JPEG. */
  processed: { bytes: number; digest: string };
}

/**
 * The installed program's own detection, with its worker process: `FOLDER PICTURE EMULATED IMAGE…`. Searches the images
 * with cascades, and PICTURE with the model `square` of FOLDER. EMULATED is `yes` under qemu. Prints an InstalledResult
 * as a line after `ANSWER`.
 */
const [, , folder = '', picture = '', emulated = '', ...images] = process.argv;
const log = createLogger('installed', 'info');
const pool = new DetectionPool({
  log,
  workers: 1,
  handshakeDeadlineMs: DEADLINE_MS,
  jobDeadlineMs: DEADLINE_MS,
});
await pool.start();
const cascades = await catalog('stop-sign');
const samples: InstalledResult['samples'] = [];
let first: WorkerState | undefined;
for (const image of images) {
  const { detections, times } = await pool.analyse(readFileSync(image), cascades.plan({}));
  samples.push({ image: basename(image), detections, times });
  first ??= workerState();
}
const drawn = await pool.draw(readFileSync(images[0] ?? ''), samples[0]?.detections ?? []);
const windows = await everyCascade(images.at(-1) ?? '');
const afterCascades = workerState();
await cascades.stop();
const models = await catalog('square', folder);
const model = await pool.analyse(readFileSync(picture), models.plan({}));
const result: InstalledResult = {
  sqlite: new Sqlite(':memory:').prepare<[], string>('select sqlite_version()').pluck().get() ?? '',
  engines: pool.status().engines,
  samples,
  windows,
  model: { detections: model.detections, times: model.times },
  worker: { first: first ?? workerState(), cascades: afterCascades, model: workerState() },
  processed: { bytes: drawn.length, digest: digestOf(drawn) },
};
console.log(`ANSWER ${JSON.stringify(result)}`);
await models.stop();
await pool.stop();

async function catalog(detector: string, modelFolder?: string): Promise<DetectorCatalog> {
  const made = new DetectorCatalog({
    manifest: join(projectRoot(), 'cascades', 'manifest.yaml'),
    defaultDetectors: [detector],
    folder: modelFolder,
    probe: (subject) => pool.probe(subject),
    engines: () => pool.status().engines,
    log,
  });
  await made.start();
  // The start waits less long for a folder's files than their trial takes here.
  const isKnown = () => made.detectors().some(({ id }) => id === detector);
  for (const end = Date.now() + DEADLINE_MS; !isKnown() && Date.now() < end; ) await sleep(500);
  return made;
}

async function everyCascade(image: string): Promise<Found[]> {
  const bytes = readFileSync(image);
  const found: Found[] = [];
  for (const { id, kind } of cascades.detectors()) {
    if (kind !== 'cascade') continue;
    const plan = cascades.plan({ detector: [id], minNeighbors: 0 });
    const { detections, omitted = 0 }: Analysis = await pool.analyse(bytes, plan);
    found.push({
      image: basename(image),
      detector: id,
      count: detections.length + omitted,
      digest: digestOf(JSON.stringify(detections)),
    });
  }
  return found;
}

function digestOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function workerState(): WorkerState {
  return {
    withOpenCv: mapping('opencv_'),
    withOnnxRuntime: mapping('onnxruntime'),
    megabytes: workerMegabytes(),
  };
}

/** The processes that map a file whose path contains this text. */
function mapping(text: string): number[] {
  const all = [process.pid, ...pool.status().pids];
  return all.filter((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes(text));
}

function workerMegabytes(): number {
  const [pid] = pool.status().pids;
  let isCounted = false;
  let kilobytes = 0;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, start] = /^([0-9a-f]+)-/.exec(line) ?? [];
    if (start) isCounted = emulated !== 'yes' || BigInt(`0x${start}`) < END_OF_EMULATED;
    else if (isCounted) kilobytes += Number(/^Pss: +(\d+)/.exec(line)?.[1] ?? 0);
  }
  return Math.round(kilobytes / 1024);
}
