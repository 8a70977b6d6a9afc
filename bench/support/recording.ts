import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDetection } from '../../core/detection/create-detection.js';
import { createImageModule } from '../../core/images/image-module.js';
import { imageTables } from '../../core/images/tables.js';
import { systemClock } from '../../core/runtime/clock.js';
import { Lifecycle } from '../../core/runtime/lifecycle.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { detectionSettings, imageSettings } from '../../core/runtime/settings.js';
import { TypedEvents } from '../../core/runtime/typed-events.js';
import { openDatabase } from '../../core/store/database.js';
import { tablesOf } from '../../core/store/table-set.js';
import { folderCameraSchema } from '../../edge/cameras/camera-config.js';
import { MotionGates } from '../../edge/pipeline/motion-gates.js';
import { Recorder } from '../../edge/pipeline/recorder.js';
import { Retention } from '../../edge/retention/retention.js';
import { motionSchema, trackingSchema } from '../../edge/sightings/sighting-settings.js';
import { Sightings } from '../../edge/sightings/sightings.js';
import { edgeMigrations } from '../../edge/store/migrations.js';
import { isOfOpenSighting } from '../../edge/store/sighting-table.js';
import { type EdgeTables, sightingTables } from '../../edge/store/tables.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

export interface Recording {
  /** True where the snapshot was searched. */
  record(camera: string, bytes: Buffer, takenAt: number): Promise<boolean>;
  /** Process ids. */
  workers(): number[];
  stop(): Promise<void>;
}

const BUDGET_BYTES = 100_000_000;

/** All that an appliance does with a snapshot: gate, search, files, database, retention; without cameras and HTTP. */
export async function startRecording(
  workers: number,
  motion: object | undefined,
): Promise<Recording> {
  const dataFolder = await temporaryFolder();
  const log = silentLogger();
  const clock = systemClock;
  const { db, close } = await openDatabase<EdgeTables>(join(dataFolder, 'edge.db'), edgeMigrations);
  const limits = imageSettings.parse({});
  const { pool, catalog, services } = createDetection({
    settings: detectionSettings.parse({ workers }),
    dataFolder,
    maxPixels: limits.maxPixels,
    onJob: () => undefined,
    log,
  });
  const images = createImageModule({
    db: tablesOf(db, imageTables),
    dataFolder,
    detection: pool,
    planner: catalog,
    limits: { ...limits, maxStoredBytes: BUDGET_BYTES, uploadLifetimeMs: undefined },
    onAnalysed: () => undefined,
    protected: isOfOpenSighting,
    log,
    clock,
  });
  const retention = new Retention({
    images: images.store,
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    space: images.store.budget,
    log,
  });
  const sightings = new Sightings({ db: tablesOf(db, sightingTables), cameras: () => [], log });
  const recorder = new Recorder({
    images: images.images,
    retention,
    outbox: undefined,
    sightings,
    gates: new MotionGates({
      isUnsettled: (camera) => sightings.hasPendingChange(camera),
    }),
    defaults: {
      sightings: trackingSchema.parse({}),
      motion: motion && motionSchema.parse(motion),
    },
    log,
    clockStatus: () => 'unknown',
    events: new TypedEvents(log),
  });
  const all = [{ name: 'database', stop: close }, ...services, ...images.services, retention];
  const lifecycle = new Lifecycle([...all, sightings], log);
  await lifecycle.start();
  return {
    async record(camera, bytes, takenAt) {
      const config = folderCameraSchema.parse({ id: camera, kind: 'folder', path: dataFolder });
      const snapshot = { bytes, takenAt, more: false, markProcessed: async () => undefined };
      return (await recorder.record(config, snapshot)) !== undefined;
    },
    workers: () => pool.status().pids,
    async stop() {
      await lifecycle.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
