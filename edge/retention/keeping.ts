import type { Source } from '../../core/images/analyser.js';
import { createImageModule, type ImageModule } from '../../core/images/image-module.js';
import { imageTables } from '../../core/images/tables.js';
import { tablesOf } from '../../core/store/table-set.js';
import { TimeSync } from '../health/time-sync.js';
import type { Ground } from '../pipeline/ground.js';
import { Outbox } from '../store/outbox.js';
import { outboxTables, sightingTables } from '../store/tables.js';
import { protectedImages } from './protected-images.js';
import { retainedRows } from './retained-rows.js';
import { Retention } from './retention.js';
import { StorageWatch } from './storage-watch.js';

const DAY_MS = 86_400_000;

/** All that is kept on the disk, and what keeps the disk from filling. */
export interface Keeping {
  images: ImageModule;
  outbox: Outbox;
  /** Stamps what goes into the outbox. */
  timeSync: TimeSync;
  storage: StorageWatch;
  retention: Retention;
}

export function createKeeping(
  { config, db, detection, log, clock }: Ground,
  onAnalysed: (source: Source) => void,
): Keeping {
  const { dataFolder } = config;
  const images = createImageModule({
    db: tablesOf(db, imageTables),
    dataFolder,
    detection: detection.pool,
    planner: detection.catalog,
    limits: { ...config.images, uploadLifetimeMs: undefined },
    onAnalysed,
    spared: protectedImages(config),
    log: log.child({ component: 'images' }),
    clock,
  });
  const timeSync = new TimeSync(clock);
  const { maxBytes, maxAgeMs } = config.outbox;
  const outbox = new Outbox(tablesOf(db, outboxTables), () => timeSync.now(), {
    maxBytes,
    maxAgeMs,
  });
  const storage = new StorageWatch({
    dataFolder,
    minFreeBytes: config.images.minFreeBytes,
    probe: () => outbox.probe(),
    log: log.child({ component: 'storage' }),
  });
  const retention = new Retention({
    images: images.store,
    rows: retainedRows(
      tablesOf(db, sightingTables),
      config.retention.sightingsMaxAgeDays * DAY_MS,
      clock,
    ),
    maxAgeMs: config.retention.maxAgeDays * DAY_MS,
    processedMaxAgeMs: config.retention.processedMaxAgeDays * DAY_MS,
    budgetBytes: config.images.maxStoredBytes,
    minFreeBytes: config.images.minFreeBytes,
    log: log.child({ component: 'retention' }),
    clock,
  });
  return { images, outbox, timeSync, storage, retention };
}
