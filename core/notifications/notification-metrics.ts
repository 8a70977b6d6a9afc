import type { Metrics } from '../http/metrics.js';
import type { Definitions } from './definitions.js';
import { deliveryTable } from './delivery-table.js';
import type { NotificationDb } from './tables.js';
import { totalTable } from './total-table.js';
import { wayStateTable } from './way-state-table.js';

export function registerNotificationMetrics(
  metrics: Metrics,
  db: NotificationDb,
  definitions: Definitions,
): void {
  metrics.gauge({
    name: 'siteglass_notifications_waiting',
    help: 'Notifications that wait to be sent',
    read: async () =>
      [...(await deliveryTable.backlogs(db)).values()].reduce((sum, { rows }) => sum + rows, 0),
  });
  metrics.gauges({
    name: 'siteglass_notification_way_failing',
    help: '1 while the last attempt to send a notification this way has failed',
    label: 'way',
    read: async () => {
      const states = await wayStateTable.all(db);
      return definitions.ways
        .filter(({ enabled }) => enabled)
        .map(({ id }): [string, number] => [id, Number((states.get(id)?.failures ?? 0) > 0)]);
    },
  });
  for (const [name, help] of [
    ['delivered', 'Notifications delivered, since the database was created'],
    ['failed', 'Attempts to send a notification that failed, since the database was created'],
    ['dropped', 'Notifications that a bound or the age limit removed unsent'],
    ['missed', 'Events that were removed before the notification rules had read them'],
  ] as const)
    metrics.counter({
      name: `siteglass_notifications_${name}_total`,
      help,
      read: async () => (await totalTable.read(db))[name],
    });
}
