import { sightingPageSchema, sightingQuerySchema } from '../../core/contract/sighting.js';
import { requireKnown } from '../../core/http/require-known.js';
import { type Route, route } from '../../core/http/route.js';
import { scopeOf } from '../../core/http/scope.js';
import type { PresentNames } from '../../core/images/image-routes.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { Sightings } from '../sightings/sightings.js';

const tag = 'sightings';

export function sightingRoutes(
  sightings: Sightings,
  events: EventStream,
  names: PresentNames,
): Route[] {
  return [
    route({
      method: 'get',
      path: '/sightings',
      tag,
      summary: 'List sightings, newest first',
      access: 'viewer',
      scope: 'query',
      query: sightingQuerySchema,
      responses: { 200: sightingPageSchema },
      handle: async ({ query }) => {
        const page = await sightings.list(query);
        // Only an empty page can be that of a name that does not exist.
        if (page.sightings.length === 0)
          await requireKnown([
            {
              path: 'camera',
              name: query.camera,
              known: async () => [...names.cameras(), ...(await sightings.cameras())],
            },
            {
              path: 'label',
              name: query.label,
              known: async () => [...names.labels(), ...(await sightings.labels())],
            },
          ]);
        return page;
      },
    }),
    route({
      method: 'get',
      path: '/events/stream',
      tag,
      summary: 'Stream of sighting events, as server-sent events',
      access: 'viewer',
      scope: 'filtered',
      headers: {
        'Last-Event-ID': 'Resume after this event; without it the stream begins with new events',
      },
      responses: {
        200: {
          mediaTypes: ['text/event-stream'],
          description:
            'Events `appeared` and `left` with a `SightingEvent` as data; `gap` if some events are no longer stored',
        },
      },
      problems: ['streams_full', 'shutting_down'],
      handle: async (_, ctx) => {
        const lastEventId = ctx.get('Last-Event-ID') || undefined;
        const stream = await events.open(lastEventId, ctx.ip, scopeOf(ctx));
        ctx.type = 'text/event-stream';
        ctx.set('Cache-Control', 'no-store');
        // Stops proxies from buffering the response.
        ctx.set('X-Accel-Buffering', 'no');
        ctx.body = stream;
      },
    }),
  ];
}
