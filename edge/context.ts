import { join } from 'node:path';
import { createDetection } from '../core/detection/create-detection.js';
import { DetectionProbe } from '../core/detection/pool/detection-probe.js';
import { Metrics } from '../core/http/metrics.js';
import { HttpServer } from '../core/http/server.js';
import { tokenTables } from '../core/http/token-table.js';
import { Tokens } from '../core/http/tokens.js';
import { type Clock, systemClock } from '../core/runtime/clock.js';
import { Lifecycle, type Service } from '../core/runtime/lifecycle.js';
import type { Logger } from '../core/runtime/logger.js';
import { PerMinute } from '../core/runtime/per-minute.js';
import { programVersion } from '../core/runtime/program.js';
import { TypedEvents } from '../core/runtime/typed-events.js';
import type { Probe } from '../core/runtime/watchdog.js';
import { openDatabase } from '../core/store/database.js';
import { DatabaseProbe } from '../core/store/database-probe.js';
import { FolderLock } from '../core/store/folder-lock.js';
import { tablesOf } from '../core/store/table-set.js';
import { createEdgeApp } from './api/edge-app.js';
import { registerEdgeMetrics } from './api/edge-metrics.js';
import { SiteView } from './api/site-view.js';
import type { CameraSchedule } from './cameras/schedule/camera-schedule.js';
import type { EdgeConfig } from './config.js';
import { SiteHealth } from './health/site-health.js';
import { createPipeline } from './pipeline/create-pipeline.js';
import type { EdgeEventMap } from './pipeline/edge-events.js';
import { createConnections } from './publishing/connections.js';
import { createPublishing } from './publishing/create-publishing.js';
import { PictureLinks } from './publishing/picture-links.js';
import { PublicAddress } from './publishing/public-address.js';
import { createStorage } from './retention/create-storage.js';
import type { Retention } from './retention/retention.js';
import { EventStream } from './sightings/event-stream.js';
import type { EdgeDependencies } from './store/edge-dependencies.js';
import { edgeMigrations } from './store/migrations.js';
import { type EdgeTables, eventTables } from './store/tables.js';
import { createUplink } from './uplink/create-uplink.js';

export interface Edge {
  lifecycle: Lifecycle;
  /** What keeps running for as long as the appliance works. */
  probes: Probe[];
  http: HttpServer;
  cameras: CameraSchedule;
  tokens: Tokens;
  retention: Retention;
}

/** Builds the appliance, each part from those before it; nothing runs before `lifecycle.start()`. */
export async function createEdge(
  config: EdgeConfig,
  log: Logger,
  { clock = systemClock, reread = () => config }: { clock?: Clock; reread?: () => EdgeConfig } = {},
): Promise<Edge> {
  const { dataFolder, mqtt } = config;
  const lock = new FolderLock(dataFolder).acquire();
  const databaseFile = join(dataFolder, 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(databaseFile, edgeMigrations);
  const database: Service = { name: 'database', stop: close };
  const tokens = new Tokens(tablesOf(db, tokenTables), join(dataFolder, 'admin-token'), log, clock);
  const metrics = new Metrics();
  const analyses = new PerMinute();
  const health = new SiteHealth(programVersion());
  const events = new TypedEvents<EdgeEventMap>(log.child({ component: 'events' }));
  const detection = createDetection({
    settings: config.detection,
    maxPixels: config.images.maxPixels,
    onJob: (job) => metrics.job(job),
    log,
  });
  const dependencies: EdgeDependencies = { config, db, detection, log, clock };

  const storage = createStorage(dependencies, health, (source) => {
    analyses.count();
    metrics.analysed(source);
  });
  events.on('storageFailed', (error) => storage.watch.failed(error));
  health.register(() => ({ detectionsPerMinute: analyses.total() }));

  const pipeline = createPipeline(dependencies, storage, events, health, reread);
  const { cameras } = pipeline;
  const eventStream = new EventStream({ db: tablesOf(db, eventTables) });
  events.on('snapshotRecorded', (snapshot) => {
    if (snapshot.events.length > 0) eventStream.wake();
  });

  const connections = createConnections(dependencies, health);
  const { relay, lan, broker } = connections;
  const address = new PublicAddress(config.publicUrl, config.http);
  const links = new PictureLinks(join(dataFolder, 'picture-key'), address);
  const publishing = createPublishing(
    dependencies,
    { storage, pipeline, connections, health, links, address },
    events,
  );
  const relayUplink =
    mqtt &&
    relay &&
    (await createUplink(dependencies, { mqtt, bus: relay, storage, databaseFile }, events, health));

  registerEdgeMetrics(metrics, {
    pool: detection.pool,
    storage,
    pipeline,
    connections,
    eventStream,
  });
  const view = new SiteView({
    site: config.site,
    health,
    pool: detection.pool,
    store: storage.images.store,
    outbox: storage.outbox,
    relay,
    uplink: relayUplink?.uplink,
  });
  const { images } = storage;
  const app = createEdgeApp({
    ...{ config, log, metrics, tokens, detection, images, view, links },
    ...{ cameras, sightings: pipeline.sightings, reload: pipeline.reload, events: eventStream },
  });
  const http = new HttpServer(app, config.http, log.child({ component: 'http' }));

  const { retention } = storage;
  const services: (Service | undefined)[] = [
    ...[lock, database, storage.timeSync, storage.watch, tokens],
    ...[...detection.services, ...images.services, retention, pipeline.sightings],
    ...[broker, ...publishing.listeners, ...(relayUplink?.services ?? [])],
    ...[relay, lan, ...publishing.farewells],
    ...[cameras, pipeline.reload, http],
    { name: 'public address', start: async () => address.listening(http.address) },
    // Stops before the server, which waits for responses to end.
    eventStream,
  ];
  return {
    lifecycle: new Lifecycle(
      services.filter((service) => service !== undefined),
      log,
    ),
    probes: [
      cameras,
      new DatabaseProbe(db),
      new DetectionProbe({
        pool: detection.pool,
        jobDeadlineMs: config.detection.deadlineSeconds * 1_000,
      }),
    ],
    http,
    cameras,
    tokens,
    retention,
  };
}
