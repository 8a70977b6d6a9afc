import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Analysis } from '../../core/contract/detection.js';
import { DetectorCatalog } from '../../core/detection/catalog/detector-catalog.js';
import { DetectionPool } from '../../core/detection/pool/detection-pool.js';
import { createLogger } from '../../core/runtime/logger.js';
import { projectRoot } from '../../core/runtime/project-root.js';

/** An emulated worker starts more slowly than a real one is allowed to. */
const DEADLINE_MS = 600_000;
/** qemu maps its own code and memory above. */
const END_OF_EMULATED = 2n ** 44n;

interface Search {
  analysis: Analysis;
  /** Processes that map a library of OpenCV, or of ONNX Runtime. */
  withOpenCv: number[];
  withOnnxRuntime: number[];
  /** Proportional set size of the worker, without what qemu adds. */
  workerMegabytes: number;
}

export interface EmulatedResult {
  sqlite: string;
  engines: string[];
  cascade: Search;
  model: Search;
  /** Of the first image, with boxes. */
  processedBytes: number;
}

/**
 * The program's own detection of two images, with its worker process: the first with a cascade, the second with the model
 * `square` of a folder. Prints the result as a line after `ANSWER`.
 */
const [, , sample = '', picture = '', folder = ''] = process.argv;
const log = createLogger('emulated', 'info');
const pool = new DetectionPool({
  log,
  workers: 1,
  handshakeDeadlineMs: DEADLINE_MS,
  jobDeadlineMs: DEADLINE_MS,
});
await pool.start();
const cascade = await search(sample, 'stop-sign');
const drawn = await pool.draw(readFileSync(sample), cascade.analysis.detections);
const model = await search(picture, 'square', folder);
const sqlite: string = new Sqlite(':memory:')
  .prepare('select sqlite_version()')
  .pluck()
  .get() as string;
const { engines } = pool.status();
const result: EmulatedResult = { sqlite, engines, cascade, model, processedBytes: drawn.length };
console.log(`ANSWER ${JSON.stringify(result)}`);
await pool.stop();

async function search(file: string, detector: string, models?: string): Promise<Search> {
  const catalog = new DetectorCatalog({
    manifest: join(projectRoot(), 'cascades', 'manifest.yaml'),
    defaultDetectors: [detector],
    folder: models,
    probe: (subject) => pool.probe(subject),
    engines: () => pool.status().engines,
    log,
  });
  await catalog.start();
  // The start waits less long for a folder's files than their trial takes here.
  const isKnown = () => catalog.detectors().some(({ id }) => id === detector);
  for (const end = Date.now() + DEADLINE_MS; !isKnown() && Date.now() < end; ) await sleep(500);
  const analysis = await pool.analyse(readFileSync(file), catalog.plan({}));
  await catalog.stop();
  const [withOpenCv, withOnnxRuntime] = [mapping('opencv_'), mapping('onnxruntime')];
  return { analysis, withOpenCv, withOnnxRuntime, workerMegabytes: workerMegabytes() };
}

/** The processes that map a file whose path contains this text. */
function mapping(text: string): number[] {
  const all = [process.pid, ...pool.status().pids];
  return all.filter((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes(text));
}

function workerMegabytes(): number {
  const [pid] = pool.status().pids;
  let isEmulated = false;
  let kilobytes = 0;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, start] = /^([0-9a-f]+)-/.exec(line) ?? [];
    if (start) isEmulated = BigInt(`0x${start}`) < END_OF_EMULATED;
    else if (isEmulated) kilobytes += Number(/^Pss: +(\d+)/.exec(line)?.[1] ?? 0);
  }
  return Math.round(kilobytes / 1024);
}
