import { existsSync } from 'node:fs';
import { deliveryTable } from '../notifications/delivery-table.js';
import type { NotificationTables } from '../notifications/tables.js';
import { totalTable } from '../notifications/total-table.js';
import { wayStateTable } from '../notifications/way-state-table.js';
import { toIsoString } from '../runtime/clock.js';
import { kyselyOver } from '../store/dialect.js';
import { openReadOnly } from '../store/read-only.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

/** Failures in a row from which on a way is probably wrong. */
const FAILURES = 5;

/** Whether notifications arrive, by the answers in an SQLite database that a service may be using. */
export const notificationCheck = (file: string): Check => ({
  about: 'notifications',
  async run() {
    if (!existsSync(file)) return ok('nothing recorded yet');
    const sqlite = openReadOnly(file);
    const hasTables = sqlite
      .prepare("select 1 from sqlite_master where name = 'notification_delivery'")
      .get();
    const db = kyselyOver<NotificationTables>(sqlite);
    try {
      // The schema is that of an earlier version until the service has started.
      if (!hasTables) return ok('nothing recorded yet');
      const states = [...(await wayStateTable.all(db)).values()];
      const backlogs = await deliveryTable.backlogs(db);
      const { delivered, dropped } = await totalTable.read(db);
      const waiting = [...backlogs.values()].reduce((sum, { rows }) => sum + rows, 0);
      const faults = states.filter(({ failures }) => failures > 0);
      const found: Verdict[] = faults.map(({ way, failures, failing_since: since, answer }) => {
        const text = `${way} fails since ${toIsoString(since ?? 0)}: ${answer ?? ''}`;
        const advice =
          'Correct the way, and send a test (POST /api/v1/notifications/ways/WAY/test).';
        return failures >= FAILURES ? failure(text, advice) : warning(text, advice);
      });
      if (found.length > 0) return found;
      return ok(`${delivered} delivered, ${waiting} waiting, ${dropped} dropped`);
    } finally {
      await db.destroy();
    }
  },
});
