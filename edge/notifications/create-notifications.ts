import { join } from 'node:path';
import type { Audit } from '../../core/access/audit.js';
import { edgeRuleSchema } from '../../core/contract/notification.js';
import { EDGE_TRIGGERS } from '../../core/contract/notification-trigger.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import {
  createNotifications,
  type NotificationModule,
} from '../../core/notifications/create-notifications.js';
import { LogInWatch } from '../../core/notifications/log-in-watch.js';
import { declaredIn } from '../../core/notifications/notification-settings.js';
import { FileKeeper } from '../../core/notifications/secret-keeper.js';
import { notificationTables } from '../../core/notifications/tables.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { SiteHealth } from '../health/site-health.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { EdgeEvents } from '../pipeline/edge-events.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { WAY_SECRETS } from '../store/way-secrets.js';
import { edgeConditions } from './edge-conditions.js';
import { edgePictures } from './edge-pictures.js';
import { SightingLog } from './sighting-log.js';
import { StillThere } from './still-there.js';

export interface NotificationParts {
  storage: Storage;
  pipeline: CameraPipeline;
  events: EdgeEvents;
  health: SiteHealth;
  audit: Audit;
  metrics: Metrics;
  /** The connections to brokers, each undefined if it is not configured. */
  buses: { lan: MessageBus | undefined; relay: MessageBus | undefined };
  /** What is wrong with the relay while its broker is connected; undefined without a relay. */
  uplink: { status(): Promise<{ problem: string | undefined }> } | undefined;
  linkOf: (image: string) => string;
}

/** Subscribes to `events` and to the audit log; registers with `health` which ways fail for long. */
export async function createEdgeNotifications(
  { config, db, log, clock }: EdgeDependencies,
  parts: NotificationParts,
): Promise<NotificationModule> {
  const { storage, pipeline, events, health, audit, metrics, buses, uplink } = parts;
  const { site } = config;
  const { now } = storage.steadyTime;
  const { configured, cameras, sightings } = pipeline;
  const logIns = new LogInWatch(now, clock);
  audit.onRecorded((entry) => logIns.recorded(entry));
  const conditions = edgeConditions({
    site,
    statuses: () => cameras.statuses(),
    disk: storage.images.store.budget,
    hasRelay: buses.relay !== undefined,
    relayProblem: async () =>
      buses.relay?.connected === false
        ? `the MQTT broker of the relay is not connected${reasonOf(buses.relay)}`
        : (await uplink?.status())?.problem,
    backlog: async () => (await storage.outbox.depth()).depth,
    wall: clock,
  });
  const module = await createNotifications({
    db: tablesOf(db, notificationTables),
    ruleSchema: edgeRuleSchema,
    triggers: EDGE_TRIGGERS,
    ...declaredIn(config.notifications),
    keeper: new FileKeeper(join(config.dataFolder, WAY_SECRETS)),
    logs: [new SightingLog(site)],
    sources: [...conditions, new StillThere(site, configured, sightings), logIns],
    pictures: edgePictures(storage, parts.linkOf),
    mqtt: ({ connection }) => {
      const bus = buses[connection];
      return bus && { bus, sites: [site] };
    },
    isShared: false,
    ...{ site, now, wall: clock, metrics, log },
  });
  events.on('snapshotRecorded', (snapshot) => {
    if (snapshot.events.length > 0) module.engine.wake();
  });
  events.on('cameraChanged', () => module.engine.wake());
  health.register(async () => ({ reasons: await module.reasons() }));
  return module;
}

const reasonOf = (bus: MessageBus): string => {
  const { lastError } = bus.status();
  return lastError ? `: ${lastError}` : '';
};
