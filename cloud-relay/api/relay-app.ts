import type Koa from 'koa';
import type { AccessModule } from '../../core/access/create-access.js';
import type { DetectionModule } from '../../core/detection/create-detection.js';
import { createApp } from '../../core/http/app.js';
import type { ConnectionShares } from '../../core/http/connection-shares.js';
import { consolePages } from '../../core/http/console-pages.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { RouteGroup } from '../../core/http/openapi.js';
import { operationRoutes } from '../../core/http/operations.js';
import type { ReadinessMonitor } from '../../core/http/readiness.js';
import type { Route } from '../../core/http/route.js';
import { UploadBudget } from '../../core/http/upload-budget.js';
import { deepstackErrors } from '../../core/images/deepstack/deepstack-errors.js';
import { deepstackRoutes } from '../../core/images/deepstack/deepstack-routes.js';
import { detectorRoutes } from '../../core/images/detector-routes.js';
import type { ImageModule } from '../../core/images/image-module.js';
import { type ImageApi, imageRoutes } from '../../core/images/image-routes.js';
import { API_PREFIX } from '../../core/images/presenter.js';
import { thumbnailRoute } from '../../core/images/thumbnail-route.js';
import type { UploadQuota } from '../../core/images/upload-quota.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import { programVersion } from '../../core/runtime/program-version.js';
import type { RelayConfig } from '../config.js';
import type { DemoCounters } from '../demo/demo-counters.js';
import { publicImageAccess, quotas } from '../demo/public-access.js';
import { publicHead } from '../demo/public-head.js';
import type { Enrolments } from '../fleet/enrolments.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetOverview } from '../fleet/fleet-overview.js';
import { demoRoutes } from './demo-routes.js';
import { enrolmentRoutes } from './enrolment-routes.js';
import { fleetRoutes } from './fleet-routes.js';
import { siteRoutes } from './site-routes.js';

export interface RelayAppParts {
  config: RelayConfig;
  log: Logger;
  metrics: Metrics;
  connections: ConnectionShares;
  readiness: ReadinessMonitor;
  access: AccessModule;
  detection: DetectionModule;
  images: ImageModule;
  quota: UploadQuota;
  fleet: Fleet;
  overview: FleetOverview;
  counters: DemoCounters;
  enrolments: Enrolments;
  clock: Clock;
  notifications: { routes: Route[] };
}

/** The demo is for everyone; the other pages ask for a login. */
const CONSOLE_PAGES = {
  '': 'index.html',
  'log-in': 'fleet.html',
  fleet: 'fleet.html',
  people: 'fleet.html',
  audit: 'fleet.html',
  notifications: 'fleet.html',
};

/** The relay's REST API: the public image API, and the sites, which need a token. */
export function createRelayApp(parts: RelayAppParts, groups: RouteGroup[]): Koa {
  const { config, log, metrics, access, connections } = parts;
  return createApp({
    info: {
      title: 'Siteglass relay',
      version: programVersion(),
      description:
        'Finds objects in images that anyone uploads, and collects the summaries of the sites.',
    },
    groups,
    authentication: access.authentication,
    metrics,
    connections,
    log: log.child({ component: 'http' }),
    trustProxy: config.http.trustProxy,
    guards: access.guards,
    pages: consolePages(
      'relay',
      CONSOLE_PAGES,
      config.publicUrl === undefined ? {} : { 'index.html': publicHead(config.publicUrl) },
    ),
  });
}

/** The relay's routes, and the roles that may use them. */
export function relayRouteGroups(parts: RelayAppParts): RouteGroup[] {
  const { config, metrics, access, detection, images, fleet, clock } = parts;
  const { counters } = parts;
  const { beforeUpload, beforeRead } = quotas(config.demo, parts.quota);
  const api: ImageApi = {
    ...images,
    access: publicImageAccess,
    uploads: new UploadBudget({
      maxBytes: config.images.maxUploadBytes,
      maxBytesUnderWay: config.images.maxBytesUnderWay,
    }),
    // Its images are uploads, of no camera.
    names: { cameras: () => [], labels: () => detection.catalog.labels() },
    beforeUpload: [counters.count, ...beforeUpload],
    beforeRead,
  };
  return [
    {
      prefix: API_PREFIX,
      routes: [
        ...imageRoutes(api),
        thumbnailRoute(api),
        ...detectorRoutes(detection, { read: 'anonymous', change: 'admin' }),
        ...access.routes,
        ...demoRoutes(config, counters),
        ...siteRoutes(fleet, clock),
        ...fleetRoutes(parts.overview),
        ...enrolmentRoutes(parts.enrolments),
        ...parts.notifications.routes,
      ],
    },
    { prefix: '', routes: deepstackRoutes(api, detection.catalog), errors: deepstackErrors },
    {
      prefix: '',
      routes: operationRoutes(parts.readiness, metrics, 'viewer'),
    },
  ];
}
