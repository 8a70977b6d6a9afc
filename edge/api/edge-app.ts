import { hostname } from 'node:os';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import type { AccessModule } from '../../core/access/create-access.js';
import { backupRoute } from '../../core/backup/backup-route.js';
import type { DetectionModule } from '../../core/detection/create-detection.js';
import { createApp } from '../../core/http/app.js';
import type { ConnectionShares } from '../../core/http/connection-shares.js';
import { consolePages } from '../../core/http/console-pages.js';
import { onlyOwnPages, onlyThisMachine } from '../../core/http/guards.js';
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
import { type ImageApi, imageRoutes, type PresentNames } from '../../core/images/image-routes.js';
import { API_PREFIX } from '../../core/images/presenter.js';
import { thumbnailRoute } from '../../core/images/thumbnail-route.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { GivenSettings } from '../../core/runtime/configuration.js';
import type { Logger } from '../../core/runtime/logger.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { edgeBackupPlan } from '../backup/backup-plan.js';
import { exportConfiguration } from '../backup/export-configuration.js';
import { readManagedNotifications } from '../backup/managed-notifications.js';
import type { EdgeConfig } from '../config.js';
import type { AccountKeeper } from '../enrolment/account-keeper.js';
import type { EventViews } from '../events/create-events.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { PictureLinks } from '../publishing/picture-links.js';
import type { Setup } from '../setup/setup.js';
import { setupPage } from '../setup/setup-page.js';
import { setupRoutes } from '../setup/setup-routes.js';
import { withSetup } from '../setup/with-setup.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { SystemModule } from '../system/create-system.js';
import { cameraRevisionRoutes } from './camera-revision-routes.js';
import { cameraRoutes } from './camera-routes.js';
import { cameraToolRoutes } from './camera-tool-routes.js';
import { configRoutes } from './config-routes.js';
import type { CameraTools } from './create-camera-tools.js';
import { enrolmentRoutes } from './enrolment-routes.js';
import { exportRoutes } from './export-routes.js';
import { latestRoutes } from './latest-routes.js';
import { liveRoutes } from './live-routes.js';
import { managedCameraRoutes } from './managed-camera-routes.js';
import { pictureRoutes } from './picture-routes.js';
import { pushRoutes } from './push-routes.js';
import { sightingRoutes } from './sighting-routes.js';
import { type SiteApi, siteRoutes } from './site-routes.js';

export interface EdgeAppParts {
  config: EdgeConfig;
  log: Logger;
  metrics: Metrics;
  connections: ConnectionShares;
  readiness: ReadinessMonitor;
  access: AccessModule;
  detection: DetectionModule;
  images: ImageModule;
  pipeline: CameraPipeline;
  tools: CameraTools;
  view: SiteApi;
  views: EventViews;
  events: EventStream;
  links: PictureLinks;
  clock: Clock;
  setup: Setup;
  account: AccountKeeper;
  system: SystemModule;
  /** What the configuration file and the command line say now. */
  given(): GivenSettings;
  notifications: { routes: Route[] };
}

/** The first parts of the paths of the console's pages. */
const CONSOLE_VIEWS = Object.fromEntries(
  [
    ...['', 'log-in', 'live', 'cameras', 'events', 'charts', 'cloud'],
    ...['notifications', 'people', 'system'],
  ].map((view) => [view, 'index.html']),
);

/** The appliance's REST API and its console. */
export function createEdgeApp(parts: EdgeAppParts, groups: RouteGroup[]): Koa {
  const { config, log, metrics, access, connections } = parts;
  return createApp({
    info: {
      title: `Siteglass appliance (${config.site})`,
      version: programVersion(),
      description: 'Finds objects in the snapshots of the cameras at a site.',
    },
    groups,
    authentication: access.authentication,
    metrics,
    connections,
    log: log.child({ component: 'http' }),
    guards: [...access.guards, ...guardsOf(config), setupPage(parts.setup)],
    pages: consolePages('edge', CONSOLE_VIEWS),
  });
}

/** The appliance's routes, and the roles that may use them. */
export function edgeRouteGroups(parts: EdgeAppParts): RouteGroup[] {
  const { config, metrics, access, detection, images, view } = parts;
  const { cameras, reload } = parts.pipeline;
  const names: PresentNames = {
    cameras: () => cameras.statuses().map(({ id }) => id),
    labels: () => detection.catalog.labels(),
  };
  const api: ImageApi = {
    ...images,
    access: { upload: 'operator', read: 'viewer', list: 'viewer', remove: 'operator' },
    uploads: new UploadBudget({
      maxBytes: config.images.maxUploadBytes,
      maxBytesUnderWay: config.images.maxBytesUnderWay,
    }),
    names,
    beforeUpload: [],
    beforeRead: [],
  };
  return [
    {
      prefix: API_PREFIX,
      routes: [
        ...imageRoutes(api),
        thumbnailRoute(api),
        ...detectorRoutes(detection, { read: 'viewer', change: 'admin' }),
        ...cameraRoutes(parts.pipeline),
        ...managedCameraRoutes(parts.pipeline),
        ...cameraRevisionRoutes(parts.pipeline),
        ...cameraToolRoutes({ ...parts.pipeline, tools: parts.tools }),
        ...pushRoutes(cameras, api.uploads),
        ...access.routes,
        ...setupRoutes(parts.setup),
        ...configRoutes({ reload, exported: () => exported(parts) }),
        ...siteRoutes(view),
        ...exportRoutes({ ...parts.views, names, site: config.site }),
        ...parts.system.routes,
        ...sightingRoutes({ ...parts.views, stream: parts.events, names }),
        ...latestRoutes({ ...parts.views, clock: parts.clock }),
        ...liveRoutes(parts.views.live),
        ...pictureRoutes(images.processed, parts.links),
        ...parts.notifications.routes,
        ...enrolmentRoutes(
          {
            ...{ dataFolder: config.dataFolder, site: config.site },
            hasOwnPassword: !parts.account.isUsed,
          },
          () => parts.account.account(),
        ),
        backupRoute({
          plan: edgeBackupPlan(config),
          minFreeBytes: config.images.minFreeBytes,
          clock: parts.clock,
        }),
      ],
    },
    { prefix: '', routes: deepstackRoutes(api, detection.catalog), errors: deepstackErrors },
    {
      prefix: '',
      routes: operationRoutes(parts.readiness, metrics, 'viewer'),
    },
  ];
}

const exported = ({ given, config, pipeline: { managed } }: EdgeAppParts): string =>
  exportConfiguration({
    given: withSetup(given()),
    managed: managed.all,
    notifications: readManagedNotifications(config.dataFolder),
    withSecrets: false,
  });

/** With authentication, a page has no token to send. */
function guardsOf({ http, publicUrl }: EdgeConfig): Middleware[] {
  if (http.auth !== 'none') return [];
  if (!http.allowAnyoneOnTheNetwork) return [onlyThisMachine];
  const published = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  const domains = http.tls.acme?.domains ?? [];
  return [onlyOwnPages([hostname(), ...http.tls.names, ...domains, ...published])];
}
