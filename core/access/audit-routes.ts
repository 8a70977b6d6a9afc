import { z } from 'zod';
import {
  type AuditEntryResource,
  auditActionSchema,
  auditEntrySchema,
} from '../contract/access.js';
import { type Route, route } from '../http/route.js';
import { toIsoString } from '../runtime/clock.js';
import type { Audit } from './audit.js';
import type { AuditRow } from './tables.js';

const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the "next" of an earlier answer')
    .optional(),
  action: auditActionSchema.optional(),
  actor: z.string().min(1).max(200).optional(),
});

/** What people and programs did, for administrators. */
export function auditRoutes(audit: Audit): Route[] {
  return [
    route({
      method: 'get',
      path: '/audit',
      tag: 'access',
      summary: 'List who did what, newest first',
      access: 'admin',
      query: querySchema,
      responses: {
        200: z.object({
          status: z.literal('OK'),
          entries: z.array(auditEntrySchema),
          next: z.string().nullable(),
        }),
      },
      handle: async ({ query: { after, ...filter } }) => {
        const before = after === undefined ? undefined : Number(after);
        const rows = await audit.page({ ...filter, before });
        const next = rows.length < filter.limit ? undefined : rows.at(-1)?.seq;
        return {
          status: 'OK',
          entries: rows.map(presentEntry),
          next: next === undefined ? null : String(next),
        };
      },
    }),
  ];
}

export const presentEntry = (row: AuditRow): AuditEntryResource => ({
  id: row.seq,
  at: toIsoString(row.at),
  action: row.action,
  actor: { name: row.actor, kind: row.actor_kind, address: row.address },
  subject: row.subject,
  detail: row.detail,
  count: row.count,
  lastAt: toIsoString(row.last_at),
});
