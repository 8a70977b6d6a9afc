import type { Source } from '../core/images/analyser.js';
import { createImageService, type ImageService } from '../core/images/image-service.js';
import { over } from '../core/store/database.js';
import { ClockTrust } from './clock-trust.js';
import type { Ground } from './ground.js';
import { retainedRows } from './retention/retained-rows.js';
import { Retention } from './retention/retention.js';
import { sparedImages } from './retention/spared-images.js';
import { StorageWatch } from './storage-watch.js';
import { Outbox } from './store/outbox.js';

const DAY_MS = 86_400_000;

/** All that is kept on the disk, and what keeps the disk from filling. */
export interface Keeping {
  images: ImageService;
  outbox: Outbox;
  /** Stamps what goes into the outbox. */
  clockTrust: ClockTrust;
  storage: StorageWatch;
  retention: Retention;
}

export function createKeeping(
  { config, db, detection, log, clock }: Ground,
  onAnalysed: (source: Source) => void,
): Keeping {
  const { dataFolder } = config;
  const images = createImageService({
    db: over(db),
    dataFolder,
    detection: detection.pool,
    planner: detection.catalog,
    limits: { ...config.images, uploadLifetimeMs: undefined },
    onAnalysed,
    spared: sparedImages(config),
    log: log.child({ room: 'images' }),
    clock,
  });
  const clockTrust = new ClockTrust(clock);
  const { maxBytes, maxAgeMs } = config.outbox;
  const outbox = new Outbox(over(db), () => clockTrust.now(), { maxBytes, maxAgeMs });
  const storage = new StorageWatch({
    dataFolder,
    minFreeBytes: config.images.minFreeBytes,
    probe: () => outbox.probe(),
    log: log.child({ room: 'storage' }),
  });
  const retention = new Retention({
    images: images.store,
    rows: retainedRows(over(db), config.retention.sightingsMaxAgeDays * DAY_MS, clock),
    maxAgeMs: config.retention.maxAgeDays * DAY_MS,
    processedMaxAgeMs: config.retention.processedMaxAgeDays * DAY_MS,
    budgetBytes: config.images.maxStoredBytes,
    minFreeBytes: config.images.minFreeBytes,
    log: log.child({ room: 'retention' }),
    clock,
  });
  return { images, outbox, clockTrust, storage, retention };
}
