import { join } from 'node:path';
import { checkBrokerPasswords } from '../core/access/broker-passwords.js';
import type { AccessModule } from '../core/access/create-access.js';
import type { Tokens } from '../core/access/tokens.js';
import { finishReplacing } from '../core/backup/replace-contents.js';
import { createDetection } from '../core/detection/create-detection.js';
import { DetectionProbe } from '../core/detection/pool/detection-probe.js';
import { HttpProbe } from '../core/http/http-probe.js';
import { Metrics } from '../core/http/metrics.js';
import type { RouteGroup } from '../core/http/openapi.js';
import type { HttpServer } from '../core/http/server.js';
import { certificateProvider, createTls } from '../core/http/tls/create-tls.js';
import type { NotificationModule } from '../core/notifications/create-notifications.js';
import { type Clock, systemClock } from '../core/runtime/clock.js';
import type { GivenSettings } from '../core/runtime/configuration.js';
import { firstRestart, Lifecycle, type Restart, type Service } from '../core/runtime/lifecycle.js';
import { type Logger, silentLogger } from '../core/runtime/logger.js';
import { PerMinute } from '../core/runtime/per-minute.js';
import { programVersion } from '../core/runtime/program-version.js';
import type { RecentLog } from '../core/runtime/recent-log.js';
import { TypedEvents } from '../core/runtime/typed-events.js';
import type { Probe } from '../core/runtime/watchdog.js';
import { DatabaseProbe } from '../core/store/database-probe.js';
import { FolderLock } from '../core/store/folder-lock.js';
import { openGuarded } from '../core/store/guarded-database.js';
import { tablesOf } from '../core/store/table-set.js';
import { createEdgeAccess } from './api/create-edge-access.js';
import { createServer, type EdgeServer } from './api/create-server.js';
import { tlsOptionsOf } from './api/tls-options.js';
import { givenOf } from './backup/export-configuration.js';
import type { CameraSchedule } from './cameras/schedule/camera-schedule.js';
import type { EdgeConfig } from './config.js';
import { AccountKeeper } from './enrolment/account-keeper.js';
import { hasOwnPassword, withRelayAccount } from './enrolment/enrolled-config.js';
import { RelayAccountFiles } from './enrolment/relay-account.js';
import { createEvents, type EventViews } from './events/create-events.js';
import { SiteHealth } from './health/site-health.js';
import { createEdgeNotifications } from './notifications/create-notifications.js';
import { loadManagedCameras } from './pipeline/create-camera-changes.js';
import { type CameraSources, createPipeline } from './pipeline/create-pipeline.js';
import type { EdgeEventMap } from './pipeline/edge-events.js';
import { brokerPasswordsOf } from './publishing/broker-passwords-of.js';
import { createConnections } from './publishing/connections.js';
import { createPublishing } from './publishing/create-publishing.js';
import { PictureLinks } from './publishing/picture-links.js';
import { PublicAddress } from './publishing/public-address.js';
import { createStorage } from './retention/create-storage.js';
import type { Retention } from './retention/retention.js';
import { createSetup } from './setup/create-setup.js';
import type { Setup, SetupOptions } from './setup/setup.js';
import { EventStream } from './sightings/event-stream.js';
import type { EdgeDependencies } from './store/edge-dependencies.js';
import { guardOptions } from './store/guard-options.js';
import { OutboxMarkKeeper } from './store/outbox-mark-keeper.js';
import { type EdgeTables, eventTables, outboxTables } from './store/tables.js';
import { createSystem, type SystemModule } from './system/create-system.js';
import { type UpgradeParts, Upgrades } from './system/upgrade/upgrades.js';
import { createUplink } from './uplink/create-uplink.js';

export interface Edge {
  lifecycle: Lifecycle;
  /** For the watchdog. */
  probes: Probe[];
  /** Due if the database is damaged. */
  restart: Restart;
  http: HttpServer;
  cameras: CameraSchedule;
  tokens: Tokens;
  access: AccessModule;
  /** What the API consists of. */
  routes: RouteGroup[];
  retention: Retention;
  notifications: NotificationModule;
}

export interface EdgeOverrides {
  clock?: Clock;
  reread?: () => EdgeConfig;
  /** What the configuration file and the command line say; without it there is no first run. */
  given?: SetupOptions['given'];
  /** The same as they are now, for an export; without it, what the configuration has. */
  regiven?: () => GivenSettings;
  /** Of the detectors that Siteglass knows. */
  manifest?: string | undefined;
  /** The last lines of `log`. */
  recentLog?: RecentLog;
  /** Of the appliance. */
  upgrades?: Partial<UpgradeParts>;
}

/** Builds the appliance, each part from those before it; nothing runs before `lifecycle.start()`. */
export async function createEdge(
  config: EdgeConfig,
  log: Logger,
  {
    clock = systemClock,
    reread = () => config,
    given,
    regiven,
    manifest,
    recentLog,
    upgrades,
  }: EdgeOverrides = {},
): Promise<Edge> {
  const lock = openFolder(config.dataFolder);
  const account = createAccountKeeper(config, log);
  const base = await createBase(withRelayAccount(config), lock, log, clock, manifest);
  const managed = await loadManagedCameras(base.dependencies);
  const snapshots = createSnapshots(base, { managed, reread: () => withRelayAccount(reread()) });
  const reporting = await createReporting(base, snapshots);
  const views = createViews(base, snapshots, reporting);
  const { tls } = base;
  const { access } = snapshots;
  const address = () => server.http.address;
  const setup = createSetup({ config: base.dependencies.config, tls, access, given, address, log });
  const provider = certificateProvider(tlsOptionsOf(base.dependencies.config), silentLogger());
  const system = createSystem({
    ...{ ...base, ...snapshots, provider, source: given?.source, address, recentLog },
    upgrades: new Upgrades(upgrades),
  });
  const own = { account, setup, system, given: regiven ?? (() => givenOf(reread())) };
  const server: EdgeServer = createServer({ ...base, ...snapshots, ...reporting, ...own, views });
  const { http, routes } = server;
  const { cameras } = snapshots.pipeline;
  return {
    lifecycle: new Lifecycle(
      servicesInOrder(base, snapshots, reporting, { ...own, views }, http),
      log,
    ),
    probes: [cameras, ...probesOf(base), new HttpProbe(http)],
    restart: firstRestart(base.guard.restart, account.restart, setup.restart, system.restart),
    http,
    cameras,
    tokens: access.tokens,
    access,
    routes,
    retention: snapshots.storage.retention,
    notifications: reporting.notifications,
  };
}

type Base = Awaited<ReturnType<typeof createBase>>;
type Snapshots = ReturnType<typeof createSnapshots>;
type Reporting = Awaited<ReturnType<typeof createReporting>>;

/** What changes the settings of the appliance, and then restarts its services. */
interface FirstRun {
  account: AccountKeeper;
  setup: Setup;
  system: SystemModule;
}

/** Takes the data folder, and completes a restore or a reset that was interrupted. */
function openFolder(dataFolder: string): FolderLock {
  const lock = new FolderLock(dataFolder).acquire();
  finishReplacing(dataFolder);
  return lock;
}

function createAccountKeeper(config: EdgeConfig, log: Logger): AccountKeeper {
  const { dataFolder, site } = config;
  return new AccountKeeper({
    ...{ dataFolder, site },
    used: new RelayAccountFiles(dataFolder).read(),
    isUsed: !hasOwnPassword(config),
    log: log.child({ component: 'relay account' }),
  });
}

/** What every part is built on. */
async function createBase(
  config: EdgeConfig,
  lock: FolderLock,
  log: Logger,
  clock: Clock,
  manifest?: string,
) {
  const { dataFolder } = config;
  const tls = createTls(tlsOptionsOf(config), log, clock);
  const passwords = brokerPasswordsOf(config);
  if (passwords) await checkBrokerPasswords(passwords, log);
  const options = guardOptions(dataFolder, log, clock);
  const { db, close, guard } = await openGuarded<EdgeTables>(options);
  const metrics = new Metrics({ name: 'siteglass-edge', version: programVersion() });
  const detection = createDetection({
    settings: config.detection,
    dataFolder,
    manifest,
    maxPixels: config.images.maxPixels,
    onJob: (job) => metrics.job(job),
    log,
  });
  const dependencies: EdgeDependencies = { config, db, detection, log, clock };
  const health = new SiteHealth(programVersion());
  const scheme = tls.server.isPlainTextAllowed ? 'http' : 'https';
  const address = new PublicAddress(config.publicUrl, config.http, scheme);
  health.register(() => ({ reasons: guard.reasons() }));
  return {
    dependencies,
    databaseFile: options.file,
    guard,
    lock,
    tls,
    address,
    links: new PictureLinks(join(dataFolder, 'picture-key'), address),
    database: { name: 'database', stop: close },
    metrics,
    health,
    events: new TypedEvents<EdgeEventMap>(log.child({ component: 'events' })),
  };
}

/** Storage, and the way of a snapshot into it. */
function createSnapshots(base: Base, sources: CameraSources) {
  const { dependencies, metrics, health, events, links } = base;
  const analyses = new PerMinute();
  const storage = createStorage(dependencies, health, (source) => {
    analyses.count();
    metrics.analysed(source);
  });
  events.on('storageFailed', (error) => storage.watch.failed(error));
  health.register(() => ({ detectionsPerMinute: analyses.total() }));
  const pipeline = createPipeline(dependencies, storage, events, health, { ...sources, links });
  const eventStream = new EventStream({ db: tablesOf(dependencies.db, eventTables), links });
  events.on('snapshotRecorded', (snapshot) => {
    if (snapshot.events.length > 0) eventStream.wake();
  });
  const access = createEdgeAccess(dependencies, storage);
  events.on('reloadedBySignal', () => {
    const actor = { name: 'SIGHUP', kind: 'program' } as const;
    access.audit.record({ action: 'configuration_reloaded', actor });
  });
  return { storage, pipeline, eventStream, access };
}

/** What goes to the brokers, live topics for dashboards and the outbox for the relay, and notifications. */
async function createReporting(base: Base, { storage, pipeline, access }: Snapshots) {
  const { dependencies, databaseFile, health, events, tls, address, links } = base;
  const { config } = dependencies;
  const { mqtt } = config;
  const connections = createConnections(dependencies, health, {
    source: tls.certificates,
    isPlainTextAllowed: tls.isPlainMqttAllowed,
  });
  const { audit } = access;
  const parts = { storage, pipeline, connections, health, links, address, audit };
  const publishing = createPublishing(dependencies, parts, events);
  const bus = connections.relay;
  const uplink =
    mqtt &&
    bus &&
    (await createUplink(dependencies, { mqtt, bus, storage, databaseFile }, events, health));
  const { db, log } = dependencies;
  const outboxMark =
    mqtt && new OutboxMarkKeeper(tablesOf(db, outboxTables), storage.outbox, databaseFile, log);
  const notifications = await createEdgeNotifications(dependencies, {
    ...{ storage, pipeline, events, health, audit, metrics: base.metrics },
    buses: connections,
    uplink: uplink?.uplink,
    linkOf: (image) => links.urlOf(image),
  });
  return { connections, publishing, uplink, outboxMark, notifications };
}

const createViews = (
  { dependencies, health, events, links }: Base,
  { storage: { images }, pipeline }: Snapshots,
  { connections, uplink }: Reporting,
) => createEvents(dependencies, { images, pipeline, links, health, connections, uplink }, events);

/** Each after what it needs; they stop in the reverse order. */
function servicesInOrder(
  { dependencies, lock, database, tls, address }: Base,
  { storage, pipeline, eventStream, access }: Snapshots,
  { connections, publishing, uplink, outboxMark, notifications }: Reporting,
  { account, setup, system, views }: FirstRun & { views: EventViews },
  http: HttpServer,
): Service[] {
  const { relay, lan, broker } = connections;
  const services: (Service | undefined)[] = [
    ...[lock, database, tls.certificates, outboxMark],
    ...[storage.timeSync, storage.steadyTime, storage.watch, ...access.services],
    ...[...dependencies.detection.services, ...storage.images.services],
    ...[storage.retention, pipeline.sightings],
    ...[broker, ...publishing.listeners, ...(uplink?.services ?? [])],
    ...[relay, lan, ...publishing.farewells, account, ...notifications.services],
    ...[pipeline.nameCheck, pipeline.statusFile, pipeline.cameras, pipeline.reload, http],
    { name: 'public address', start: async () => address.listening(http.address) },
    ...[setup, ...system.services],
    // These stop before the server, which waits for responses to end.
    ...views.services,
    eventStream,
  ];
  return services.filter((service) => service !== undefined);
}

function probesOf({ dependencies: { config, db, detection } }: Base): Probe[] {
  const jobDeadlineMs = config.detection.deadlineSeconds * 1_000;
  return [new DatabaseProbe(db), new DetectionProbe({ pool: detection.pool, jobDeadlineMs })];
}
