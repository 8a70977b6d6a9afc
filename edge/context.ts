import { join } from 'node:path';
import { createDetection } from '../core/detection/create-detection.js';
import { Metrics } from '../core/http/metrics.js';
import { HttpServer } from '../core/http/server.js';
import { Tokens } from '../core/http/tokens.js';
import { createImageService } from '../core/images/image-service.js';
import { type Clock, systemClock } from '../core/runtime/clock.js';
import { Lifecycle } from '../core/runtime/lifecycle.js';
import type { Logger } from '../core/runtime/logger.js';
import { PerMinute } from '../core/runtime/per-minute.js';
import { programVersion } from '../core/runtime/program.js';
import { openDatabase, over } from '../core/store/database.js';
import { FolderLock } from '../core/store/folder-lock.js';
import { createEdgeApp } from './api/edge-app.js';
import { SiteView } from './api/site-view.js';
import { CameraSchedule } from './cameras/camera-schedule.js';
import { createCamera } from './cameras/create-camera.js';
import type { EdgeConfig } from './config.js';
import { observe } from './observe.js';
import { Recorder } from './recorder.js';
import { createReporting } from './reporting.js';
import { Retention } from './retention/retention.js';
import { SiteHealth } from './site-health.js';
import { edgeMigrations } from './store/migrations.js';
import { Outbox } from './store/outbox.js';
import type { EdgeTables } from './store/tables.js';

const DAY_MS = 86_400_000;

export interface Edge {
  lifecycle: Lifecycle;
  http: HttpServer;
  cameras: CameraSchedule;
  tokens: Tokens;
}

/** Builds the appliance; nothing runs before `lifecycle.start()`. */
export async function createEdge(
  config: EdgeConfig,
  log: Logger,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<Edge> {
  const { dataFolder, site } = config;
  const lock = new FolderLock(dataFolder).acquire();
  const { db, close } = await openDatabase<EdgeTables>(join(dataFolder, 'edge.db'), edgeMigrations);
  const metrics = new Metrics();
  const analyses = new PerMinute();
  const tokens = new Tokens(over(db), join(dataFolder, 'admin-token'), log, clock);
  const detection = createDetection({
    settings: config.detection,
    maxPixels: config.images.maxPixels,
    onJob: (job) => metrics.job(job),
    log,
  });
  const images = createImageService({
    db: over(db),
    dataFolder,
    detection: detection.pool,
    planner: detection.catalog,
    limits: { ...config.images, uploadLifetimeMs: undefined },
    onAnalysed: (source) => {
      analyses.count();
      metrics.analysed(source);
    },
    log: log.child({ room: 'images' }),
    clock,
  });
  const outbox = new Outbox(over(db), clock);
  const health: SiteHealth = new SiteHealth({
    version: programVersion(),
    detection: () => detection.pool.status(),
    cameras: () => cameras.statuses(),
    broker: () => reporting?.bus.status(),
    outbox: () => outbox.depth(),
    disk: () => images.store.budget.report(),
    analysesPerMinute: () => analyses.total(),
  });
  const reporting =
    config.mqtt &&
    createReporting({
      site,
      mqtt: config.mqtt,
      outbox,
      health: () => health.report(),
      log,
      clock,
    });
  const retention = new Retention({
    images: images.store,
    maxAgeMs: config.retention.maxAgeDays * DAY_MS,
    budgetBytes: config.images.maxStoredBytes,
    log: log.child({ room: 'retention' }),
    clock,
  });
  const recorder = new Recorder({
    images: images.images,
    retention,
    outbox: reporting && outbox,
    log: log.child({ room: 'cameras' }),
    onRecorded: (camera, takenAt, { id, analysis }) => {
      reporting?.uplink.wake();
      reporting?.live.snapshotAnalysed(camera, id, takenAt, analysis.detections);
    },
  });
  const cameras: CameraSchedule = new CameraSchedule({
    cameras: config.cameras.map((camera) => ({
      config: camera,
      camera: createCamera(camera, join(dataFolder, 'cameras'), clock),
    })),
    analyse: (camera, snapshot) => recorder.record(camera, snapshot),
    onStatus: (status) => reporting?.live.cameraChanged(status),
    log: log.child({ room: 'cameras' }),
    clock,
  });
  observe(metrics, { pool: detection.pool, store: images.store, outbox, cameras, reporting });
  const view = new SiteView({
    site,
    health,
    pool: detection.pool,
    store: images.store,
    outbox,
    reporting,
  });
  const app = createEdgeApp({ config, log, metrics, tokens, detection, images, cameras, view });
  const http = new HttpServer(app, config.http, log.child({ room: 'http' }));
  const lifecycle = new Lifecycle(
    [
      lock,
      { name: 'database', stop: close },
      tokens,
      ...detection.services,
      ...images.services,
      retention,
      ...(reporting?.services ?? []),
      cameras,
      http,
    ],
    log,
  );
  return { lifecycle, http, cameras, tokens };
}
