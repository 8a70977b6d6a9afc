import { join } from 'node:path';
import { DetectorCatalog } from '../../core/detection/catalog/detector-catalog.js';
import { DetectionPool } from '../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { answerQuestions } from './side-process.js';
import { uniqueJpeg } from './unique-jpeg.js';

export interface BareQuestion {
  workers: number;
  images: Buffer[];
  seconds: number;
  engine: 'auto' | 'opencv';
}

export interface BareReply {
  done: number;
  perSecond: number;
}

/** The same worker processes doing the same work, without HTTP, files and database. */
let running: Promise<{ pool: DetectionPool; catalog: DetectorCatalog }> | undefined;

async function start(workers: number, engine: BareQuestion['engine']) {
  const log = silentLogger();
  const pool = new DetectionPool({ log, workers });
  const catalog = new DetectorCatalog({
    manifest: join(projectRoot(), 'cascades', 'manifest.yaml'),
    defaultDetectors: ['stop-sign'],
    engines: () => (engine === 'opencv' ? ['opencv'] : pool.status().engines),
    probe: (cascade) => pool.probe(cascade),
    log,
  });
  await pool.start();
  while (pool.status().ready < workers) await new Promise((resolve) => setTimeout(resolve, 50));
  await catalog.start();
  return { pool, catalog };
}

async function loop({ workers, images, seconds, engine }: BareQuestion): Promise<BareReply> {
  running ??= start(workers, engine);
  const { pool, catalog } = await running;
  const plan = catalog.plan({});
  const started = performance.now();
  const end = started + seconds * 1000;
  let sent = 0;
  let done = 0;
  const analyse = async () => {
    while (performance.now() < end) {
      const n = sent++;
      const image = images[n % images.length] ?? Buffer.alloc(0);
      await pool.analyse(Buffer.concat(uniqueJpeg(image, n)), plan);
      done++;
    }
  };
  // One more a worker than it can work on, so that none waits for its next.
  await Promise.all(Array.from({ length: 2 * workers }, analyse));
  return { done, perSecond: done / ((performance.now() - started) / 1000) };
}

answerQuestions(loop);
