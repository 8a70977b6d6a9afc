import { z } from 'zod';
import { siteGapsSchema } from '../../core/contract/fleet.js';
import { labelSchema, nameSchema } from '../../core/contract/names.js';
import { fromSchema, toSchema } from '../../core/contract/query.js';
import {
  dailyTotalSchema,
  receivedSummarySchema,
  type SiteResource,
  siteSchema,
  totalsSchema,
} from '../../core/contract/site.js';
import { requireKnown } from '../../core/http/require-known.js';
import { type Route, route } from '../../core/http/route.js';
import { type Clock, toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { Fleet, SiteOverview } from '../fleet/fleet.js';

const tag = 'sites';
const DAY_MS = 86_400_000;
const bySite = z.object({ site: nameSchema });
const ok = { status: z.literal('OK') };

const summaryQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().max(256).optional(),
  camera: nameSchema.optional(),
  label: labelSchema.optional(),
  from: fromSchema('Only summaries of snapshots of this time or later'),
  to: toSchema('Only summaries of snapshots before this time'),
});
const sitesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
  after: nameSchema.optional(),
});
const nextSchema = z.string().nullable().meta({
  description: 'Send it as `after` for the next page; null on the last one',
});
const totalsQuery = z.strictObject({
  after: z.string().max(256).optional(),
  from: fromSchema('Only days that end after this time'),
  to: toSchema('Only days that begin before this time'),
});
const newSiteSchema = z.strictObject({ id: nameSchema });
const createdSiteSchema = z.object({
  ...ok,
  id: nameSchema,
  password: z.string().meta({ description: 'For MQTT; shown only once' }),
});

export function siteRoutes(fleet: Fleet, clock: Clock): Route[] {
  return [...readRoutes(fleet, clock), ...provisioningRoutes(fleet)];
}

function readRoutes(fleet: Fleet, clock: Clock): Route[] {
  return [
    route({
      method: 'get',
      path: '/sites',
      tag,
      summary: 'The sites and their state',
      access: 'viewer',
      query: sitesQuery,
      responses: { 200: z.object({ ...ok, sites: z.array(siteSchema), next: nextSchema }) },
      handle: async ({ query }) => {
        const { sites, next } = await fleet.listSites(query);
        return { status: 'OK', sites: sites.map(presentSite), next };
      },
    }),
    route({
      method: 'get',
      path: '/sites/{site}',
      tag,
      summary: 'One site',
      access: 'viewer',
      params: bySite,
      responses: { 200: z.object({ ...ok, site: siteSchema }) },
      problems: ['not_found'],
      handle: async ({ params }) => ({
        status: 'OK',
        site: presentSite(await fleet.site(params.site)),
      }),
    }),
    route({
      method: 'get',
      path: '/sites/{site}/summaries',
      tag,
      summary: "A site's summaries, newest first",
      access: 'viewer',
      params: bySite,
      query: summaryQuery,
      responses: {
        200: z.object({
          ...ok,
          summaries: z.array(receivedSummarySchema),
          next: z.string().nullable(),
        }),
      },
      problems: ['not_found'],
      handle: async ({ params, query: { from, to, ...query } }) => {
        const page = await fleet.deliveries.summaries(params.site, {
          ...query,
          ...range({ from, to }),
        });
        // Only an empty page can be that of a camera that does not exist. The labels of a site are not known here.
        if (page.summaries.length === 0)
          await requireKnown([
            {
              path: 'camera',
              name: query.camera,
              known: () => fleet.deliveries.cameras(params.site),
            },
          ]);
        const summaries = page.summaries.map(({ receivedAt, ...summary }) => ({
          ...summary,
          receivedAt: toIsoString(receivedAt),
        }));
        return { status: 'OK', summaries, next: page.next };
      },
    }),
    route({
      method: 'get',
      path: '/sites/{site}/totals',
      tag,
      summary: 'Detections by whole day (UTC) and label; the last seven days without a range',
      access: 'viewer',
      params: bySite,
      query: totalsQuery,
      responses: { 200: z.object({ ...ok, days: z.array(dailyTotalSchema), next: nextSchema }) },
      problems: ['not_found'],
      handle: async ({ params, query }) => {
        const { from = clock() - 7 * DAY_MS, to = clock() } = range(query);
        const { after } = query;
        const { days, next } = await fleet.deliveries.dailyTotals(params.site, { from, to, after });
        return {
          status: 'OK',
          days: days.map((total) => ({ ...total, day: toIsoString(total.day).slice(0, 10) })),
          next,
        };
      },
    }),
    route({
      method: 'get',
      path: '/sites/{site}/gaps',
      tag,
      summary: "Ranges of a site's summaries that the relay does not have, and why",
      access: 'viewer',
      params: bySite,
      responses: { 200: siteGapsSchema },
      problems: ['not_found'],
      handle: async ({ params }) => {
        const { gaps, truncated } = await fleet.deliveries.gaps(params.site);
        return {
          status: 'OK',
          gaps: gaps.map((gap) => ({ ...gap, noticedAt: toIsoString(gap.noticedAt) })),
          truncated,
        };
      },
    }),
    route({
      method: 'get',
      path: '/totals',
      tag,
      summary: 'All sites together',
      access: 'viewer',
      responses: { 200: totalsSchema.extend(ok) },
      handle: async () => ({ status: 'OK', ...(await fleet.totals()) }),
    }),
  ];
}

function provisioningRoutes(fleet: Fleet): Route[] {
  return [
    route({
      method: 'post',
      path: '/sites',
      tag,
      summary: 'Provision a site: its account at the broker',
      access: 'admin',
      audit: 'site_added',
      body: newSiteSchema,
      responses: { 201: createdSiteSchema },
      problems: ['conflict', 'broker_unavailable'],
      handle: async ({ body: { id } }, ctx) => {
        ctx.status = 201;
        ctx.state.auditSubject = id;
        return { status: 'OK', ...(await fleet.createSite(id)) };
      },
    }),
    route({
      method: 'post',
      path: '/sites/{site}/password',
      tag,
      summary: 'Replace the password of a site; what it reported stays',
      access: 'admin',
      audit: 'site_password_renewed',
      params: bySite,
      responses: { 200: createdSiteSchema },
      problems: ['not_found', 'broker_unavailable'],
      handle: async ({ params }) => ({
        status: 'OK',
        ...(await fleet.renewPassword(params.site)),
      }),
    }),
    route({
      method: 'delete',
      path: '/sites/{site}',
      tag,
      summary: 'Remove a site and all that it reported',
      access: 'admin',
      audit: 'site_removed',
      params: bySite,
      responses: { 200: z.object(ok) },
      problems: ['not_found', 'broker_unavailable'],
      handle: async ({ params }) => {
        await fleet.removeSite(params.site);
        return { status: 'OK' };
      },
    }),
  ];
}

const range = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => ({
  ...(from !== undefined && { from: Date.parse(from) }),
  ...(to !== undefined && { to: Date.parse(to) }),
});

export function presentSite({ healthAt: _, ...site }: SiteOverview): SiteResource {
  return {
    ...site,
    createdAt: toIsoString(site.createdAt),
    lastSeenAt: toIsoStringOrNull(site.lastSeenAt),
    lastReceivedAt: toIsoStringOrNull(site.lastReceivedAt),
  };
}
