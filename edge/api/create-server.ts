import type { AccessModule } from '../../core/access/create-access.js';
import { ConnectionShares } from '../../core/http/connection-shares.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { RouteGroup } from '../../core/http/openapi.js';
import { ReadinessMonitor } from '../../core/http/readiness.js';
import { HttpServer } from '../../core/http/server.js';
import type { Tls } from '../../core/http/tls/create-tls.js';
import type { NotificationModule } from '../../core/notifications/create-notifications.js';
import type { GivenSettings } from '../../core/runtime/configuration.js';
import type { DatabaseGuard } from '../../core/store/guarded-database.js';
import type { AccountKeeper } from '../enrolment/account-keeper.js';
import type { EventViews } from '../events/create-events.js';
import type { SiteHealth } from '../health/site-health.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { EdgeEvents } from '../pipeline/edge-events.js';
import type { Connections } from '../publishing/connections.js';
import type { PictureLinks } from '../publishing/picture-links.js';
import type { Storage } from '../retention/create-storage.js';
import type { Setup } from '../setup/setup.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import type { SystemModule } from '../system/create-system.js';
import type { RelayUplink } from '../uplink/create-uplink.js';
import { createCameraTools } from './create-camera-tools.js';
import { createEdgeApp, edgeRouteGroups } from './edge-app.js';
import { registerEdgeMetrics } from './edge-metrics.js';
import { edgeRequirements } from './edge-requirements.js';
import { SiteView } from './site-view.js';

export interface ServerParts {
  dependencies: EdgeDependencies;
  metrics: Metrics;
  health: SiteHealth;
  guard: DatabaseGuard;
  tls: Tls;
  storage: Storage;
  pipeline: CameraPipeline;
  eventStream: EventStream;
  events: EdgeEvents;
  views: EventViews;
  access: AccessModule;
  connections: Connections;
  links: PictureLinks;
  /** Absent without a relay. */
  uplink: RelayUplink | undefined;
  account: AccountKeeper;
  setup: Setup;
  system: SystemModule;
  /** What the configuration file and the command line say now. */
  given(): GivenSettings;
  notifications: Pick<NotificationModule, 'routes' | 'definitions'>;
}

export interface EdgeServer {
  http: HttpServer;
  routes: RouteGroup[];
}

/** The REST API and the metrics. */
export function createServer(parts: ServerParts): EdgeServer {
  const { dependencies, metrics, health, guard, storage, pipeline, eventStream, access } = parts;
  const { config, detection, log, clock } = dependencies;
  const { links, uplink, account, setup, views, system } = parts;
  const { pool } = detection;
  const readiness = new ReadinessMonitor(edgeRequirements(pool, storage, guard));
  metrics.requirements(readiness);
  registerEdgeMetrics(metrics, {
    pool,
    storage,
    pipeline,
    connections: parts.connections,
    eventStream,
    events: parts.events,
  });
  const view = new SiteView({
    site: config.site,
    health,
    pool,
    store: storage.images.store,
    outbox: storage.outbox,
    relay: parts.connections.relay,
    uplink: uplink?.uplink,
  });
  const shares = new ConnectionShares(access.isProxy);
  const appParts = {
    ...{ config, log, metrics, readiness, access, detection, images: storage.images },
    ...{ pipeline, view, views, links, events: eventStream, clock, account, setup },
    system,
    tools: createCameraTools(dependencies, storage, pipeline),
    given: () => parts.given(),
    notifications: parts.notifications,
    connections: shares,
  };
  const routes = edgeRouteGroups(appParts);
  const http = new HttpServer(
    createEdgeApp(appParts, routes),
    config.http,
    log.child({ component: 'http' }),
    { connections: shares, tls: parts.tls.server },
  );
  return { http, routes };
}
