import { join } from 'node:path';
import type { z } from 'zod';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { projectRoot } from '../runtime/project-root.js';
import type { detectionSettings } from '../runtime/settings.js';
import { DetectorCatalog } from './catalog/detector-catalog.js';
import { DetectionPool } from './pool/detection-pool.js';
import type { JobRecord } from './pool/job-record.js';

const MEGABYTE = 1_000_000;

export interface DetectionOptions {
  settings: z.infer<typeof detectionSettings>;
  maxPixels: number;
  onJob: (record: JobRecord) => void;
  log: Logger;
}

/** The workers, and the detectors that they search with. */
export interface DetectionModule {
  pool: DetectionPool;
  catalog: DetectorCatalog;
  /** In the order of their start. */
  services: Service[];
}

export function createDetection(options: DetectionOptions): DetectionModule {
  const { settings, maxPixels, onJob } = options;
  const log = options.log.child({ component: 'detection' });
  const { workingSize } = settings;
  const pool = new DetectionPool({
    log,
    workers: settings.workers,
    queueJobs: settings.maxQueued,
    queueBytes: settings.maxQueuedMegabytes * MEGABYTE,
    jobDeadlineMs: settings.deadlineSeconds * 1_000,
    maxPixels,
    onJob,
  });
  const catalog = new DetectorCatalog({
    manifest: join(projectRoot(), 'cascades', 'manifest.yaml'),
    defaultDetectors: settings.defaultDetectors,
    ...(workingSize !== undefined && { preparation: { workingSize } }),
    folder: settings.folder,
    probe: (subject) => pool.probe(subject),
    engines: () => (settings.engine === 'opencv' ? ['opencv'] : pool.status().engines),
    log,
  });
  return { pool, catalog, services: [pool, catalog] };
}
