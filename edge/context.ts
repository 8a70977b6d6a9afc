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
import type { Probe } from '../core/runtime/watchdog.js';
import { openDatabase } from '../core/store/database.js';
import { DatabaseProbe } from '../core/store/database-probe.js';
import { FolderLock } from '../core/store/folder-lock.js';
import { tablesOf } from '../core/store/table-set.js';
import { createEdgeApp } from './api/edge-app.js';
import { SiteView } from './api/site-view.js';
import type { CameraSchedule } from './cameras/schedule/camera-schedule.js';
import type { EdgeConfig } from './config.js';
import { observe } from './health/observe.js';
import { SiteHealth } from './health/site-health.js';
import type { Ground } from './pipeline/ground.js';
import { createWatching, type Watching } from './pipeline/watching.js';
import { createDashboards, type Dashboards } from './publishing/dashboards.js';
import { lanUrl } from './publishing/lan-url.js';
import { createKeeping, type Keeping } from './retention/keeping.js';
import type { Retention } from './retention/retention.js';
import { edgeMigrations } from './store/migrations.js';
import type { EdgeTables } from './store/tables.js';

export interface Edge {
  lifecycle: Lifecycle;
  /** What goes on for as long as the appliance works. */
  probes: Probe[];
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
  const { dataFolder } = config;
  const lock = new FolderLock(dataFolder).acquire();
  const file = join(dataFolder, 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  const metrics = new Metrics();
  const detection = createDetection({
    settings: config.detection,
    maxPixels: config.images.maxPixels,
    onJob: (job) => metrics.job(job),
    log,
  });
  const ground: Ground = { config, db, detection, log, clock };
  const analyses = new PerMinute();
  const keeping = createKeeping(ground, (source) => {
    analyses.count();
    metrics.analysed(source);
  });
  // Those who look on and what they look at know each other; what is built later is asked for when it is needed.
  const dashboards: Dashboards = await createDashboards(ground, keeping, {
    databaseFile: file,
    health: () => health.report(),
    cameras: () => watching.cameras,
    configured: () => watching.configured(),
    lanUrl: () => lanUrl(http.address),
  });
  const watching: Watching = createWatching(ground, keeping, dashboards, reread);
  const health = createHealth(ground, keeping, dashboards, watching, analyses);
  const tokens = new Tokens(tablesOf(db, tokenTables), join(dataFolder, 'admin-token'), log, clock);
  const rooms: Rooms = { ground, keeping, dashboards, watching, health, tokens, metrics };
  const http: HttpServer = createServer(rooms);
  const services = [lock, { name: 'database', stop: close }, ...inOrder(rooms, http)];
  const { cameras } = watching;
  return {
    lifecycle: new Lifecycle(services, log),
    probes: probesOf(ground, cameras),
    http,
    cameras,
    tokens,
    retention: keeping.retention,
  };
}

interface Rooms {
  ground: Ground;
  keeping: Keeping;
  dashboards: Dashboards;
  watching: Watching;
  health: SiteHealth;
  tokens: Tokens;
  metrics: Metrics;
}

/** All that begins and ends, each after what it stands on. */
function inOrder(
  { ground, keeping, dashboards, watching, tokens }: Rooms,
  http: HttpServer,
): Service[] {
  return [
    keeping.timeSync,
    keeping.storage,
    tokens,
    ...ground.detection.services,
    ...keeping.images.services,
    keeping.retention,
    watching.sightings,
    ...(dashboards.reporting?.services ?? []),
    ...(dashboards.lan?.services ?? []),
    watching.cameras,
    watching.reload,
    http,
    // Before the server, which waits for answers to end.
    watching.events,
  ];
}

function probesOf({ config, db, detection }: Ground, cameras: CameraSchedule): Probe[] {
  const jobDeadlineMs = config.detection.deadlineSeconds * 1_000;
  return [
    cameras,
    new DatabaseProbe(db),
    new DetectionProbe({ pool: detection.pool, jobDeadlineMs }),
  ];
}

function createHealth(
  { detection, clock }: Ground,
  { images, outbox, storage }: Keeping,
  { reporting, lan }: Dashboards,
  { cameras }: Watching,
  analyses: PerMinute,
): SiteHealth {
  return new SiteHealth({
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
}

/** The REST API and the metrics, over all rooms. */
function createServer(rooms: Rooms): HttpServer {
  const { keeping, dashboards, watching, health, tokens, metrics } = rooms;
  const { config, detection, log } = rooms.ground;
  const { images, outbox, retention } = keeping;
  const { reporting, lan, links } = dashboards;
  const { pool } = detection;
  const { store } = images;
  observe(metrics, { ...watching, pool, store, outbox, reporting, lan, retention });
  const view = new SiteView({ site: config.site, health, pool, store, outbox, reporting });
  const app = createEdgeApp({
    ...watching,
    config,
    log,
    metrics,
    tokens,
    detection,
    images,
    view,
    links,
  });
  return new HttpServer(app, config.http, log.child({ component: 'http' }));
}
