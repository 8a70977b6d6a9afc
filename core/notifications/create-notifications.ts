import type { NotificationRule, NotificationRuleSchema } from '../contract/notification.js';
import type { Trigger } from '../contract/notification-trigger.js';
import type { NotificationWay } from '../contract/notification-way.js';
import type { Metrics } from '../http/metrics.js';
import type { Route } from '../http/route.js';
import { type Clock, toIsoString } from '../runtime/clock.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { Definitions } from './definitions.js';
import { Deliverer, type DeliverOptions } from './deliver.js';
import { NotificationEngine } from './engine.js';
import { registerNotificationMetrics } from './notification-metrics.js';
import { notificationRoutes } from './notification-routes.js';
import { Notifications } from './notifications.js';
import type { ConditionSource, EventLog } from './occurrence.js';
import { NotificationQueue, type QueueLimits, queueLimits } from './queue.js';
import type { SecretKeeper } from './secret-keeper.js';
import { NotificationSender } from './sender.js';
import type { NotificationDb } from './tables.js';
import { wayStateTable } from './way-state-table.js';

export interface NotificationModuleOptions extends Omit<DeliverOptions, 'log' | 'problemOf'> {
  db: NotificationDb;
  ruleSchema: NotificationRuleSchema;
  triggers: readonly Trigger[];
  declared: { rules: readonly NotificationRule[]; ways: readonly NotificationWay[] };
  /** Of the secrets of ways. */
  keeper: SecretKeeper;
  logs: readonly EventLog[];
  sources: readonly ConditionSource[];
  limits?: Partial<QueueLimits>;
  /** Whether other processes work on the same database. */
  isShared: boolean;
  /** See `QueueOptions`. */
  now: Clock;
  metrics: Metrics;
  log: Logger;
}

export interface NotificationModule {
  definitions: Definitions;
  engine: NotificationEngine;
  sender: NotificationSender;
  notifications: Notifications;
  /** Below the prefix of the API. */
  routes: Route[];
  /** In the order of their start. */
  services: Service[];
  /** Why it is degraded. */
  reasons(): Promise<string[]>;
}

/** A way that fails for so long is a reason for being degraded. */
const FAILS_FOR_LONG_MS = 3_600_000;

/** Call it before other parts use the database: it moves secrets that a version before stored as texts. */
export async function createNotifications(
  options: NotificationModuleOptions,
): Promise<NotificationModule> {
  const { db, declared, keeper, ruleSchema, logs, sources, triggers, site, isShared, now, wall } =
    options;
  const log = options.log.child({ component: 'notifications' });
  const queue = new NotificationQueue({
    limits: { ...queueLimits, ...options.limits },
    ...{ now, wall, log },
  });
  const definitions = new Definitions({
    ...{ db, schema: ruleSchema, declared, queue, keeper, wall, log },
  });
  await definitions.moveSecrets();
  const deliverer = new Deliverer({
    ...options,
    problemOf: (way) => definitions.problemOf(way),
    log,
  });
  const sender = new NotificationSender({
    ...{ db, definitions, isShared, now, wall, log },
    send: (way, message, image, signal) => deliverer.send(way, message, image, signal),
  });
  const wake = () => sender.wake();
  const engine = new NotificationEngine({
    ...{ db, definitions, queue, logs, sources, site, isShared, now, wall, log },
    onQueued: wake,
  });
  const notifications = new Notifications({
    ...{ db, definitions, queue, deliverer, triggers, now, wall, wake },
  });
  registerNotificationMetrics(options.metrics, db, definitions);
  return {
    ...{ definitions, engine, sender, notifications },
    routes: notificationRoutes(notifications, ruleSchema),
    services: [engine, sender],
    reasons: () => failing(db, definitions, wall),
  };
}

async function failing(
  db: NotificationDb,
  definitions: Definitions,
  wall: Clock,
): Promise<string[]> {
  const states = await wayStateTable.all(db);
  return definitions.ways.flatMap(({ id, name, enabled }) => {
    const problem = enabled ? definitions.problemOf(id) : undefined;
    if (problem !== undefined) return [`notifications by ${name ?? id} cannot be sent: ${problem}`];
    const { failing_since: since = null, answer = '' } = states.get(id) ?? {};
    if (!enabled || since === null || wall() - since < FAILS_FOR_LONG_MS) return [];
    return [`notifications by ${name ?? id} fail since ${toIsoString(since)}: ${answer}`];
  });
}
