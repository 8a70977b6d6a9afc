import type { Kysely } from 'kysely';
import type { Audit } from '../../core/access/audit.js';
import type { AccessDb } from '../../core/access/tables.js';
import { relayRuleSchema } from '../../core/contract/notification.js';
import { RELAY_TRIGGERS } from '../../core/contract/notification-trigger.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import {
  createNotifications,
  type NotificationModule,
} from '../../core/notifications/create-notifications.js';
import { LogInWatch } from '../../core/notifications/log-in-watch.js';
import { declaredIn } from '../../core/notifications/notification-settings.js';
import type { NotificationDb } from '../../core/notifications/tables.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { SteadyTime } from '../../core/runtime/steady-time.js';
import type { RelayConfig } from '../config.js';
import type { Presence } from '../fleet/presence.js';
import { isShared } from '../store/open-relay-database.js';
import type { RelayTables } from '../store/relay-tables.js';
import { siteIds } from '../store/site-table.js';
import { fleetConditions } from './fleet-conditions.js';
import { gapCondition } from './gap-condition.js';
import { refusedLogIns } from './refused-log-ins.js';
import { createSecretKeeper } from './way-secrets.js';

export interface RelayNotificationParts {
  config: RelayConfig;
  db: NotificationDb;
  fleetDb: Kysely<RelayTables>;
  accessDb: AccessDb;
  presence: Presence;
  bus: MessageBus;
  audit: Audit;
  metrics: Metrics;
  steadyTime: SteadyTime;
  clock: Clock;
  log: Logger;
}

/** Subscribes to the audit log, unless it is shared with other relays. */
export async function createRelayNotifications(
  parts: RelayNotificationParts,
): Promise<NotificationModule> {
  const { config, db, fleetDb, accessDb, presence, bus, audit, metrics, steadyTime, clock, log } =
    parts;
  // Several relays have one queue, and no other clock in common.
  const now = isShared(config) ? clock : steadyTime.now;
  const logIns = isShared(config) ? refusedLogIns(accessDb, clock) : watchOf(audit, now, clock);
  return createNotifications({
    db,
    ruleSchema: relayRuleSchema,
    triggers: RELAY_TRIGGERS,
    ...declaredIn(config.notifications),
    keeper: createSecretKeeper(config),
    logs: [],
    sources: [
      ...fleetConditions({ siteIds: () => siteIds(fleetDb), presence, wall: clock }),
      gapCondition(fleetDb, clock),
      logIns,
    ],
    pictures: undefined,
    mqtt: (_, { happenings, site }) => {
      const sites = new Set(happenings.map((happening) => happening.site ?? ''));
      return { bus, sites: [...sites, site ?? ''].filter(Boolean) };
    },
    isShared: isShared(config),
    ...{ site: null, now, wall: clock, metrics, log },
  });
}

function watchOf(audit: Audit, now: Clock, wall: Clock): LogInWatch {
  const watch = new LogInWatch(now, wall);
  audit.onRecorded((entry) => watch.recorded(entry));
  return watch;
}
