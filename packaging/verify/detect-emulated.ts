import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DetectorCatalog } from '../../core/detection/catalog/detector-catalog.js';
import { DetectionPool } from '../../core/detection/pool/detection-pool.js';
import { createLogger } from '../../core/runtime/logger.js';
import { projectRoot } from '../../core/runtime/project-root.js';

/** An emulated worker starts more slowly than a real one is allowed to. */
const DEADLINE_MS = 600_000;

export interface EmulatedResult {
  sqlite: string;
  engines: string[];
  analysis: Awaited<ReturnType<DetectionPool['analyse']>>;
  processedBytes: number;
  /** Processes that map a library of OpenCV. */
  withOpenCv: number[];
}

/** The program's own detection of one image, with its worker process. Prints the result as a line after `ANSWER`. */
const log = createLogger('emulated', 'info');
const pool = new DetectionPool({
  log,
  workers: 1,
  handshakeDeadlineMs: DEADLINE_MS,
  jobDeadlineMs: DEADLINE_MS,
});
const catalog = new DetectorCatalog({
  manifest: join(projectRoot(), 'cascades', 'manifest.yaml'),
  defaultDetectors: ['stop-sign'],
  probe: (cascade) => pool.probe(cascade),
  engines: () => pool.status().engines,
  log,
});
await pool.start();
await catalog.start();
const [, , sample = ''] = process.argv;
const bytes = readFileSync(sample);
const analysis = await pool.analyse(bytes, catalog.plan({}));
const processedBytes = (await pool.draw(bytes, analysis.detections)).length;
const sqlite: string = new Sqlite(':memory:')
  .prepare('select sqlite_version()')
  .pluck()
  .get() as string;
const { engines, pids } = pool.status();
const result: EmulatedResult = {
  sqlite,
  engines,
  withOpenCv: [process.pid, ...pids].filter((pid) =>
    readFileSync(`/proc/${pid}/maps`, 'utf8').includes('opencv_'),
  ),
  analysis,
  processedBytes,
};
console.log(`ANSWER ${JSON.stringify(result)}`);
await pool.stop();
