import type { Context } from 'koa';
import { z } from 'zod';
import {
  markedSightingSchema,
  markRequestSchema,
  oneSightingSchema,
  type SightingFilter,
  sightingDaysQuerySchema,
  sightingDaysSchema,
  sightingEventSchema,
  sightingFilterSchema,
  sightingIdSchema,
  sightingPageSchema,
  sightingQuerySchema,
} from '../../core/contract/sighting.js';
import { sightingTotalsSchema, totalsQuerySchema } from '../../core/contract/totals.js';
import type { Principal } from '../../core/http/access.js';
import { endAfter, endAfterShape } from '../../core/http/end-after.js';
import { parse, type Route, route } from '../../core/http/route.js';
import { scopeOf } from '../../core/http/scope.js';
import type { PresentNames } from '../../core/images/image-routes.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Marks } from '../events/marks.js';
import type { DayCounts } from '../events/sighting-days.js';
import type { Totals } from '../events/totals.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { SightingList } from '../sightings/sighting-list.js';
import { requireKnownNames } from './known-names.js';
import { sendEvents } from './live-routes.js';

/** What is known of sightings, and what people say of them. */
export interface SightingApi {
  list: SightingList;
  days: DayCounts;
  marks: Marks;
  totals: Totals;
  stream: EventStream;
  names: PresentNames;
}

const tag = 'sightings';
const byId = z.object({ sighting: sightingIdSchema.toLowerCase() });

/** Those with a fixed path come before the one with an id in its place. */
export const sightingRoutes = (api: SightingApi): Route[] => [
  ...listRoutes(api),
  ...oneRoutes(api),
  totalsRoute(api),
  streamRoute(api.stream),
];

function listRoutes({ list, days, names }: SightingApi): Route[] {
  return [
    route({
      method: 'get',
      path: '/sightings',
      tag,
      summary: 'List sightings, newest first',
      description:
        'In the order of `startedAt`. Pass `next` as `after` for the following page: sightings that appear meanwhile do not shift it.',
      access: 'viewer',
      scope: 'query',
      query: sightingQuerySchema,
      responses: { 200: sightingPageSchema },
      handle: async ({ query }) => {
        const page = await list.page(query);
        // Only an empty page can be that of a name that does not exist.
        if (page.sightings.length === 0) await requireKnownNames(query, list, names);
        return page;
      },
    }),
    route({
      method: 'get',
      path: '/sightings/days',
      tag,
      summary: 'Count the sightings of each day',
      description:
        'How many sightings of the filter began on each day, by default over the last 31 days, at most 400. Here, `from` leaves out those that began before it.',
      access: 'viewer',
      scope: 'query',
      query: sightingDaysQuerySchema,
      responses: { 200: sightingDaysSchema },
      handle: async ({ query }) => {
        const counts = await days.read(query);
        if (counts.days.length === 0) await requireKnownNames(query, list, names);
        return counts;
      },
    }),
  ];
}

function oneRoutes({ list, marks }: SightingApi): Route[] {
  const scope = async ({ params }: Context) => {
    const { sighting } = parse(byId, params, 'path');
    const camera = await list.cameraOf(sighting);
    if (camera === undefined) throw new ProblemError('not_found', 'There is no such sighting.');
    return camera;
  };
  return [
    route({
      method: 'get',
      path: '/sightings/{sighting}',
      tag,
      summary: 'Get one sighting, with the ids of its neighbours',
      description:
        'The neighbours are those of the list with the same filter: `previous` began before it, `next` after it.',
      access: 'viewer',
      scope,
      params: byId,
      query: sightingFilterSchema,
      responses: { 200: oneSightingSchema },
      problems: ['not_found'],
      handle: ({ params, query }, ctx) => list.one(params.sighting, within(query, scopeOf(ctx))),
    }),
    route({
      method: 'put',
      path: '/sightings/{sighting}/mark',
      tag,
      summary: 'Mark a sighting as wrong, or remove the mark',
      description:
        'A marked sighting stays in the list and in the totals. Its best picture is kept for training: those of the newest 1,000 marks, as long as they take no more than a tenth of `images.maxStoredBytes`.',
      access: 'operator',
      audit: 'sighting_marked',
      scope,
      params: byId,
      body: markRequestSchema,
      responses: { 200: markedSightingSchema },
      problems: ['not_found'],
      handle: async ({ params, body }, ctx) => {
        const by = (ctx.state.principal as Principal | undefined)?.name ?? '';
        await marks.mark(params.sighting, body, by);
        return { status: 'OK', sighting: await list.get(params.sighting) };
      },
    }),
  ];
}

const totalsRoute = ({ totals, list, names }: SightingApi) =>
  route({
    method: 'get',
    path: '/totals',
    tag,
    summary: 'Count the sightings of each hour or day, by camera and label',
    description:
      'A sighting counts once, when it appears, in the hour (UTC) in which it began. Totals are kept for 400 days, longer than pictures. With `per=day`, an hour belongs to the day of `timeZone` in which it begins: in a zone with half hours, the first half hour after midnight may count for the day before. A page ends before it is too large.',
    access: 'viewer',
    scope: 'query',
    query: totalsQuerySchema,
    responses: { 200: sightingTotalsSchema },
    handle: async ({ query }) => {
      const found = await totals.read(query);
      if (found.totals.length === 0 && query.after === undefined)
        await requireKnownNames(query, list, names);
      return found;
    },
  });

const streamRoute = (events: EventStream) =>
  route({
    method: 'get',
    path: '/events/stream',
    tag,
    summary: 'Stream of sighting events, as server-sent events',
    description:
      'Each event has a number as its id. A client that connects again sends it as `Last-Event-ID`, and misses nothing. After 15 s without an event, `heartbeat` is sent, without an id: a client that hears nothing for 45 s has lost the connection. With curl: `curl -N -H "Authorization: Bearer TOKEN" https://HOST/api/v1/events/stream`. With `seconds`, the stream ends, so that you can try it out here.',
    access: 'viewer',
    scope: 'filtered',
    query: z.strictObject(endAfterShape),
    headers: {
      'Last-Event-ID': 'Resume after this event; without it the stream begins with new events',
    },
    responses: {
      200: {
        mediaTypes: ['text/event-stream'],
        events: {
          appeared: sightingEventSchema,
          left: sightingEventSchema,
          heartbeat: z.object({}).meta({ description: 'Empty: the connection is there' }),
        },
        description:
          'Events `appeared` and `left` with a `SightingEvent` as data; `gap` if some events are no longer stored',
      },
    },
    problems: ['streams_full', 'shutting_down'],
    handle: async ({ query }, ctx) => {
      const lastEventId = ctx.get('Last-Event-ID') || undefined;
      const stream = await events.open(lastEventId, ctx.ip, scopeOf(ctx));
      sendEvents(ctx, endAfter(stream, query.seconds));
    },
  });

/** The same filter for a caller who is limited to some cameras. */
function within(filter: SightingFilter, scope: readonly string[] | undefined): SightingFilter {
  if (!scope) return filter;
  const camera = filter.camera?.filter((one) => scope.includes(one)) ?? [...scope];
  return { ...filter, camera };
}
