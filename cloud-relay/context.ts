import { join } from 'node:path';
import { checkBrokerPasswords } from '../core/access/broker-passwords.js';
import { type AccessModule, createAccess } from '../core/access/create-access.js';
import { type AccessTables, accessTables } from '../core/access/tables.js';
import type { Tokens } from '../core/access/tokens.js';
import { finishReplacing } from '../core/backup/replace-contents.js';
import { faultsBySetting, reasonOf, refusedIn } from '../core/detection/catalog/setting-faults.js';
import { createDetection } from '../core/detection/create-detection.js';
import { DetectionProbe } from '../core/detection/pool/detection-probe.js';
import { anyProxy } from '../core/http/client-address.js';
import { ConnectionShares } from '../core/http/connection-shares.js';
import { HttpProbe } from '../core/http/http-probe.js';
import { Metrics } from '../core/http/metrics.js';
import type { RouteGroup } from '../core/http/openapi.js';
import { ReadinessMonitor } from '../core/http/readiness.js';
import { HttpServer } from '../core/http/server.js';
import { createTls } from '../core/http/tls/create-tls.js';
import { BlobLeases } from '../core/images/blob-leases.js';
import { createImageModule, type ImageModule } from '../core/images/image-module.js';
import { imageTables, type SharedImageTables, sharedImageTables } from '../core/images/tables.js';
import type { EmbeddedBroker } from '../core/messaging/embedded-broker.js';
import type { NotificationModule } from '../core/notifications/create-notifications.js';
import { type NotificationTables, notificationTables } from '../core/notifications/tables.js';
import { type Clock, systemClock } from '../core/runtime/clock.js';
import { readSecret } from '../core/runtime/configuration.js';
import { Lifecycle, type Restart } from '../core/runtime/lifecycle.js';
import type { Logger } from '../core/runtime/logger.js';
import { programVersion } from '../core/runtime/program-version.js';
import { SteadyTime } from '../core/runtime/steady-time.js';
import type { Probe } from '../core/runtime/watchdog.js';
import { DatabaseProbe } from '../core/store/database-probe.js';
import { FolderLock } from '../core/store/folder-lock.js';
import { tablesOf } from '../core/store/table-set.js';
import { ownPin } from './api/own-pin.js';
import { createRelayApp, relayRouteGroups } from './api/relay-app.js';
import { registerRelayMetrics } from './api/relay-metrics.js';
import { relayRequirements } from './api/relay-requirements.js';
import { tlsOptionsOf } from './api/tls-options.js';
import type { RelayConfig } from './config.js';
import { DemoCounters } from './demo/demo-counters.js';
import { PublicQuota } from './demo/public-quota.js';
import type { Fleet } from './fleet/fleet.js';
import { brokerPasswordsOf } from './ingest/broker-passwords-of.js';
import { createSites, type Sites } from './ingest/create-sites.js';
import type { Ingest } from './ingest/ingest.js';
import { IngestProbe } from './ingest/ingest-probe.js';
import { createRelayNotifications } from './notifications/create-notifications.js';
import { createFileStore } from './store/create-file-store.js';
import { addUploadTotals, type UploadTotals, uploadTotals } from './store/demo-total-table.js';
import { isShared, openRelayDatabase } from './store/open-relay-database.js';
import { type RelayTables, relayTables } from './store/relay-tables.js';

export interface Relay {
  lifecycle: Lifecycle;
  /** What the watchdog checks while the relay runs. */
  probes: Probe[];
  /** Due if the database is a file and is damaged. */
  restart?: Restart;
  http: HttpServer;
  /** Absent if the broker is external. */
  broker: EmbeddedBroker | undefined;
  fleet: Fleet;
  ingest: Ingest;
  images: ImageModule;
  tokens: Tokens;
  access: AccessModule;
  notifications: NotificationModule;
  /** What the API consists of. */
  routes: RouteGroup[];
}

/** Connections to a failed server do not respond for a quarter of an hour; a restart makes new ones. */
const REMOTE_PATIENCE_MS = 120_000;

type AllTables = SharedImageTables & AccessTables & RelayTables & NotificationTables;

/** Builds the relay, each part from those before it; nothing runs before `lifecycle.start()`. */
export async function createRelay(
  config: RelayConfig,
  log: Logger,
  { clock = systemClock, manifest }: { clock?: Clock; manifest?: string | undefined } = {},
): Promise<Relay> {
  const base = await createBase(config, log, clock, manifest);
  const { access, detection, images } = base;
  const sites = createSites({
    ...base,
    db: tablesOf(base.db, relayTables),
    ownPin: () => ownPin(config),
  });
  const notifications = await createRelayNotifications({
    ...base,
    db: tablesOf(base.db, notificationTables),
    fleetDb: tablesOf(base.db, relayTables),
    accessDb: tablesOf(base.db, accessTables),
    ...{ presence: sites.presence, bus: sites.broker.bus, audit: access.audit },
  });
  const counters = createCounters(base, sites);
  const { http, routes } = createServer(base, sites, notifications, counters);
  const services = [
    ...[
      base.lock,
      base.database,
      base.tls.certificates,
      base.steadyTime,
      ...access.services,
      ...detection.services,
      ...images.services,
    ],
    ...[sites.registry, sites.presence, sites.siteCameras, sites.retention, sites.ingest],
    counters,
    ...[...sites.broker.services, ...(sites.cutOffs ? [sites.cutOffs] : [])],
    ...[...notifications.services, http],
  ];
  return {
    lifecycle: new Lifecycle(services, log),
    probes: [...probesOf(base, sites), new HttpProbe(http)],
    ...(base.guard && { restart: base.guard.restart }),
    http,
    broker: sites.broker.embedded,
    fleet: sites.fleet,
    ingest: sites.ingest,
    images,
    tokens: access.tokens,
    access,
    notifications,
    routes,
  };
}

type Base = Awaited<ReturnType<typeof createBase>>;

/** The database, tokens, detection and the image API. */
async function createBase(config: RelayConfig, log: Logger, clock: Clock, manifest?: string) {
  const { dataFolder } = config;
  const lock = new FolderLock(dataFolder).acquire();
  // A restore or a reset may have been interrupted.
  finishReplacing(dataFolder);
  const tls = createTls(tlsOptionsOf(config), log, clock);
  const passwords = brokerPasswordsOf(config);
  if (passwords) await checkBrokerPasswords(passwords, log);
  const { db, close, guard } = await openRelayDatabase<AllTables>(config, log, clock);
  const files = await createFileStore(config);
  const metrics = new Metrics({ name: 'siteglass-relay', version: programVersion() });
  const steadyTime = new SteadyTime({
    file: join(dataFolder, 'steady-time.json'),
    log: log.child({ component: 'clock' }),
    clock,
  });
  const { adminToken, sessions, signOn } = config.http;
  const access = createAccess({
    db: tablesOf(db, accessTables),
    mode: 'token',
    sessions,
    signOn,
    cookieName: 'siteglass-relay',
    firstTokenFile: join(dataFolder, 'admin-token'),
    configuredToken: adminToken && readSecret(adminToken),
    names: ['siteglass'],
    hasCameras: false,
    log,
    clock,
    eras: steadyTime.eras,
  });
  const quota = new PublicQuota(config.demo, config.detection.workers);
  const detection = createDetection({
    settings: config.detection,
    dataFolder,
    manifest,
    maxPixels: config.images.maxPixels,
    onJob: (job) => {
      metrics.job(job);
      quota.charge(job);
    },
    log,
  });
  const { uploadLifetimeMs, maxSearchedPixels } = config.demo;
  const images = createImageModule({
    db: tablesOf(db, imageTables),
    files,
    dataFolder,
    leases: isShared(config)
      ? new BlobLeases(tablesOf(db, sharedImageTables), clock, steadyTime.eras)
      : undefined,
    detection: detection.pool,
    planner: detection.catalog,
    limits: { ...config.images, uploadLifetimeMs, maxSearchedPixels },
    quota,
    onAnalysed: (source) => metrics.analysed(source),
    log: log.child({ component: 'images' }),
    clock,
    eras: steadyTime.eras,
  });
  const database = { name: 'database', stop: close };
  return {
    config,
    log,
    clock,
    steadyTime,
    lock,
    tls,
    db,
    database,
    guard,
    files,
    metrics,
    access,
    detection,
    images,
    quota,
  };
}

function createCounters({ db, log, clock }: Base, { fleet }: Sites): DemoCounters {
  const own = tablesOf(db, relayTables);
  const store = {
    read: () => uploadTotals(own),
    add: (totals: UploadTotals) => addUploadTotals(own, totals),
  };
  return new DemoCounters(fleet, store, log.child({ component: 'demo' }), clock);
}

/** The REST API and the metrics. */
function createServer(
  base: Base,
  { broker, ingest, fleet, overview, enrolments }: Sites,
  notifications: NotificationModule,
  counters: DemoCounters,
) {
  const { config, log, clock, files, metrics, access, guard, detection, images, quota } = base;
  const { tokens } = access;
  const { bus } = broker;
  const { budget } = images.store;
  const isLocal = !(isShared(config) && config.files.s3);
  const readiness = new ReadinessMonitor(
    relayRequirements({
      ...{ pool: detection.pool, tokens, ingest, bus, files, guard },
      notificationReasons: () => notifications.reasons(),
      detectorReasons: () => detectorReasons(base),
      freeBytes: isLocal ? () => budget.freeBytes() : undefined,
    }),
  );
  metrics.requirements(readiness);
  registerRelayMetrics(metrics, {
    pool: detection.pool,
    ingest,
    store: images.store,
    bus,
    fleet,
    keepsFiles: !isShared(config),
  });
  const connections = new ConnectionShares(config.http.trustProxy ? anyProxy : access.isProxy);
  const parts = {
    ...{ config, log, metrics, readiness, access, detection, images, quota, fleet, clock },
    ...{ connections, overview, counters, enrolments, notifications },
  };
  const routes = relayRouteGroups(parts);
  const http = new HttpServer(
    createRelayApp(parts, routes),
    config.http,
    log.child({ component: 'http' }),
    { connections, tls: base.tls.server },
  );
  return { http, routes };
}

function probesOf({ config, db, detection }: Base, { ingest }: Sites): Probe[] {
  const jobDeadlineMs = config.detection.deadlineSeconds * 1_000;
  return [
    new DatabaseProbe(db, isShared(config) ? REMOTE_PATIENCE_MS : undefined),
    new DetectionProbe({ pool: detection.pool, jobDeadlineMs }),
    new IngestProbe(ingest),
  ];
}

/** Why detectors in the configuration cannot be used. */
function detectorReasons({ config, detection }: Base): string[] {
  const known = detection.catalog.named();
  const faults = [
    ...faultsBySetting(config.detection, known),
    ...refusedIn(
      [{ by: 'detection.defaultDetectors', ids: config.detection.defaultDetectors }],
      known,
    ),
  ];
  return faults.map(reasonOf);
}
