import { join } from 'node:path';
import type { ResultSource } from '../../core/images/analyser.js';
import { createImageModule, type ImageModule } from '../../core/images/image-module.js';
import { imageTables } from '../../core/images/tables.js';
import { SteadyTime } from '../../core/runtime/steady-time.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { HealthPart, SiteHealth } from '../health/site-health.js';
import { type ClockStatus, TimeSync } from '../health/time-sync.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { Outbox } from '../store/outbox.js';
import { outboxTables, sightingTables } from '../store/tables.js';
import { protectedImages } from './protected-images.js';
import { retainedRows } from './retained-rows.js';
import { Retention } from './retention.js';
import { StorageWatch } from './storage-watch.js';

const DAY_MS = 86_400_000;

/** Everything that is kept on the disk, and what keeps the disk from filling. */
export interface Storage {
  images: ImageModule;
  outbox: Outbox;
  /** Whether the machine's clock is synchronised. */
  timeSync: TimeSync;
  /** For everything that depends on an age. */
  steadyTime: SteadyTime;
  /** Whether times of the clock may be trusted at present. */
  clockStatus: () => ClockStatus;
  watch: StorageWatch;
  retention: Retention;
}

/** Registers the condition of the disk and of the outbox with `health`. `onAnalysed` is called for each analysis. */
export function createStorage(
  { config, db, detection, log, clock }: EdgeDependencies,
  health: SiteHealth,
  onAnalysed: (source: ResultSource) => void,
): Storage {
  const { dataFolder } = config;
  const timeSync = new TimeSync(clock);
  const steadyTime = new SteadyTime({
    file: join(dataFolder, 'steady-time.json'),
    log: log.child({ component: 'clock' }),
    clock,
    status: () => timeSync.status,
  });
  const { eras } = steadyTime;
  const images = createImageModule({
    db: tablesOf(db, imageTables),
    dataFolder,
    detection: detection.pool,
    planner: detection.catalog,
    limits: { ...config.images, uploadLifetimeMs: undefined },
    onAnalysed,
    protected: protectedImages(config),
    log: log.child({ component: 'images' }),
    clock,
    eras,
  });
  const { maxBytes, maxAgeMs, keptMs } = config.outbox;
  const awaitsRelay = config.mqtt?.settleOn === 'relay';
  const budget = { maxBytes, maxAgeMs, keptMs: awaitsRelay ? keptMs : 0 };
  const wall = () => (steadyTime.isDoubtful ? 0 : timeSync.now());
  const outbox = new Outbox(tablesOf(db, outboxTables), steadyTime.now, budget, wall);
  const watch = new StorageWatch({
    space: images.store.budget,
    probe: () => outbox.probe(),
    log: log.child({ component: 'storage' }),
  });
  const retention = new Retention({
    images: images.store,
    space: images.store.budget,
    rows: retainedRows(
      tablesOf(db, sightingTables),
      config.retention.sightingsMaxAgeDays * DAY_MS,
      clock,
      eras,
    ),
    maxAgeMs: config.retention.maxAgeDays * DAY_MS,
    processedMaxAgeMs: config.retention.processedMaxAgeDays * DAY_MS,
    log: log.child({ component: 'retention' }),
    clock,
  });
  const clockStatus = () => (steadyTime.isDoubtful ? 'unsynchronised' : timeSync.status);
  const storage = { images, outbox, timeSync, steadyTime, clockStatus, watch, retention };
  health.register(() => storageCondition(storage));
  return storage;
}

async function storageCondition({ images, outbox, steadyTime }: Storage): Promise<HealthPart> {
  const { budget } = images.store;
  const [disk, depth] = await Promise.all([budget.report(), outbox.depth()]);
  const doubt = steadyTime.doubt();
  const reasons = [
    ...(doubt ? [doubt] : []),
    ...(budget.writeFailure ? [budget.writeFailure] : []),
    ...(disk.usedBytes < disk.budgetBytes ? [] : ['the disk budget is spent']),
  ];
  return { reasons, disk, outbox: depth };
}
