import type { Kysely } from 'kysely';
import type { Condition, ConditionSource } from '../../core/notifications/occurrence.js';
import { noHappening } from '../../core/notifications/occurrence.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';
import { gapsNoticedSince } from '../store/gap-table.js';
import type { RelayTables } from '../store/relay-tables.js';

/** A gap is reported once; those that follow it within this time belong to it. */
const WITHIN_MS = 10 * 60_000;

/** Summaries of a site that the relay has noticed not to get any more. */
export const gapCondition = (db: Kysely<RelayTables>, wall: Clock): ConditionSource => ({
  ...{ when: 'gap', afterMinutes: 0, measuresTime: true, holdMs: 0 },
  absent: () => 'ended',
  conditions: async () => {
    const gaps = await gapsNoticedSince(db, wall() - WITHIN_MS);
    return gaps.map(({ site, missing, noticedAt }): Condition => {
      const text = `${missing} summaries of the site ${site} are missing: they were dropped or lost`;
      const happening = { ...noHappening(toIsoString(noticedAt), text), site };
      return { id: site, when: 'gap', subject: site, state: 'problem', recovered: '', happening };
    });
  },
});
