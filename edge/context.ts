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
import { boardTemperature } from './board-temperature.js';
import type { CameraConfig } from './cameras/camera-config.js';
import { CameraSchedule } from './cameras/camera-schedule.js';
import type { CameraStatus } from './cameras/camera-status.js';
import { createCamera } from './cameras/create-camera.js';
import { ClockTrust } from './clock-trust.js';
import type { EdgeConfig } from './config.js';
import { ConfigReload } from './config-reload.js';
import { observe } from './observe.js';
import { cameraState } from './publishing/camera-state.js';
import { discoveredCamera } from './publishing/discovered-camera.js';
import { createLan, type Lan } from './publishing/lan.js';
import { lanUrl } from './publishing/lan-url.js';
import { PictureLinks } from './publishing/picture-links.js';
import type { Published } from './publishing/publisher.js';
import { Recorder, type Recording } from './recorder.js';
import { createReporting, type Reporting } from './reporting.js';
import { retainedRows } from './retention/retained-rows.js';
import { Retention } from './retention/retention.js';
import { sparedImages } from './retention/spared-images.js';
import { EventStream } from './sightings/event-stream.js';
import { MotionGates } from './sightings/motion-gates.js';
import { Sightings } from './sightings/sightings.js';
import { SiteHealth } from './site-health.js';
import { StorageWatch } from './storage-watch.js';
import { fileIdentity } from './store/file-identity.js';
import { edgeMigrations } from './store/migrations.js';
import { Outbox } from './store/outbox.js';
import type { EdgeTables } from './store/tables.js';

const DAY_MS = 86_400_000;

export interface Edge {
  lifecycle: Lifecycle;
  http: HttpServer;
  cameras: CameraSchedule;
  tokens: Tokens;
  retention: Retention;
}

/** Builds the appliance; nothing runs before `lifecycle.start()`. */
export async function createEdge(
  config: EdgeConfig,
  log: Logger,
  { clock = systemClock, reread = () => config }: { clock?: Clock; reread?: () => EdgeConfig } = {},
): Promise<Edge> {
  const { dataFolder, site } = config;
  const lock = new FolderLock(dataFolder).acquire();
  const file = join(dataFolder, 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
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
    spared: sparedImages,
    log: log.child({ room: 'images' }),
    clock,
  });
  const clockTrust = new ClockTrust(clock);
  const { maxBytes, maxAgeMs, ...sending } = config.outbox;
  const outbox = new Outbox(over(db), () => clockTrust.now(), { maxBytes, maxAgeMs });
  const storage = new StorageWatch({
    dataFolder,
    minFreeBytes: config.images.minFreeBytes,
    probe: () => outbox.probe(),
    log: log.child({ room: 'storage' }),
  });
  const health: SiteHealth = new SiteHealth({
    version: programVersion(),
    detection: () => detection.pool.status(),
    cameras: () => cameras.statuses(),
    broker: () => reporting?.bus.status(),
    lan: () => lan?.bus.status(),
    acknowledged: async () => (await outbox.state()).ackedSeq,
    clock,
    outbox: () => outbox.depth(),
    disk: () => images.store.budget.report(),
    storage: () => storage.reason,
    analysesPerMinute: () => analyses.total(),
  });
  let configured: readonly CameraConfig[] = config.cameras;
  const links = new PictureLinks(
    join(dataFolder, 'picture-key'),
    () => config.publicUrl?.replace(/\/+$/, '') ?? lanUrl(http.address),
  );
  const published: Published = {
    db: over(db),
    site,
    version: programVersion(),
    health: () => health.report(),
    statuses: () => cameras.statuses(),
    cameras: () => configured.map((camera) => discoveredCamera(camera, config, detection.catalog)),
    commanded: {
      snapshotNow: (id) => cameras.snapshotNow(id),
      pause: (id) => cameras.pause(id),
      resume: (id) => cameras.resume(id),
    },
    picture: (id) => images.processed.get(id),
    url: () => config.publicUrl ?? lanUrl(http.address),
    hasTemperature: boardTemperature() !== undefined,
    clock,
    log,
  };
  const reporting: Reporting | undefined =
    config.mqtt &&
    createReporting({
      site,
      mqtt: config.mqtt,
      outbox,
      sending,
      identity: await fileIdentity(file),
      published,
      log,
      clock,
      trustedClock: () => clockTrust.now(),
    });
  const lan: Lan | undefined = config.lan && createLan(published, config.lan);
  const publishers = [reporting?.publisher, lan?.publisher].filter((p) => p !== undefined);
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
  const sightings = new Sightings({
    db: over(db),
    cameras: () => configured.map(({ id }) => id),
    log: log.child({ room: 'sightings' }),
  });
  const events = new EventStream({ db: over(db) });
  const gates = new MotionGates({
    glance: (bytes, side) => detection.pool.glance(bytes, side),
    isUnsettled: (camera) => sightings.isUnsettled(camera),
  });
  const onRecorded = (recording: Recording): void => {
    const { id, camera, takenAt, analysis, kept } = recording;
    const tracks = sightings.tracksOf(camera);
    const url = kept ? links.urlOf(id) : null;
    const { detections } = analysis;
    const state = cameraState({ id, takenAt, detections, tracks, url });
    reporting?.uplink.wake();
    for (const { live, pictures } of publishers) {
      live.stateChanged(camera, state);
      for (const event of recording.events) live.happened(event);
      if (kept) pictures?.recorded(camera, id);
    }
    if (recording.events.length > 0) events.wake();
  };
  let unstored = 0;
  const recorder = new Recorder({
    images: images.images,
    retention,
    outbox: reporting && outbox,
    sightings,
    gates,
    defaults: { sightings: config.sightings, motion: config.motion },
    clockStatus: () => clockTrust.status,
    onUnstored: (error) => {
      unstored++;
      storage.failed(error);
    },
    log: log.child({ room: 'cameras' }),
    onRecorded,
  });
  const open = (camera: CameraConfig) => createCamera(camera, join(dataFolder, 'cameras'), clock);
  const cameras: CameraSchedule = new CameraSchedule({
    cameras: config.cameras.map((camera) => ({ config: camera, camera: open(camera) })),
    analyse: (camera, snapshot, asked) => recorder.record(camera, snapshot, asked),
    onStatus: (status: CameraStatus) => {
      for (const { live } of publishers) live.cameraChanged(status);
    },
    onRemoved: (id) => {
      for (const { live } of publishers) live.cameraRemoved(id);
    },
    log: log.child({ room: 'cameras' }),
    clock,
  });
  const reload = new ConfigReload({
    config,
    read: reread,
    replaceCameras: async (configs) => {
      const changes = await cameras.replace(configs, open);
      configured = configs;
      await sightings.closeAbsent();
      for (const { announcements } of publishers) void announcements.announce();
      return changes;
    },
    log: log.child({ room: 'configuration' }),
  });
  observe(metrics, {
    pool: detection.pool,
    store: images.store,
    outbox,
    cameras,
    reporting,
    lan,
    gates,
    retention,
    events,
    unstored: () => unstored,
  });
  const view = new SiteView({
    site,
    health,
    pool: detection.pool,
    store: images.store,
    outbox,
    reporting,
  });
  const app = createEdgeApp({
    config,
    log,
    metrics,
    tokens,
    detection,
    images,
    cameras,
    reload,
    view,
    sightings,
    events,
    links,
  });
  const http: HttpServer = new HttpServer(app, config.http, log.child({ room: 'http' }));
  const lifecycle = new Lifecycle(
    [
      lock,
      { name: 'database', stop: close },
      clockTrust,
      storage,
      tokens,
      ...detection.services,
      ...images.services,
      retention,
      sightings,
      ...(reporting?.services ?? []),
      ...(lan?.services ?? []),
      cameras,
      reload,
      http,
      // Before the server, which waits for answers to end.
      events,
    ],
    log,
  );
  return { lifecycle, http, cameras, tokens, retention };
}
