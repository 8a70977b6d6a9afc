import { auditTable } from '../../core/access/audit-table.js';
import type { AccessDb } from '../../core/access/tables.js';
import { refusedCondition, WITHIN_MS } from '../../core/notifications/log-in-watch.js';
import type { ConditionSource } from '../../core/notifications/occurrence.js';
import type { Clock } from '../../core/runtime/clock.js';

/**
 * Logins that were refused lately at any of several relays, from the audit log that they share: one of them applies the
 * rules, and it does not see the callers of the others. An entry that repeats counts as a whole, for 10 minutes at most.
 */
export const refusedLogIns = (db: AccessDb, wall: Clock): ConditionSource => ({
  ...{ when: 'log_in_refused', afterMinutes: 0, measuresTime: true, holdMs: 0 },
  conditions: async (rule) => {
    const rows = await auditTable.since(db, 'log_in_refused', wall() - WITHIN_MS);
    const refused = rows.map(({ actor, address, count }) => ({ name: actor, address, count }));
    return [refusedCondition(refused, rule, wall())];
  },
});
