import { sightingPageSchema, sightingQuerySchema } from '../../core/contract/sighting.js';
import { type Route, route } from '../../core/http/route.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { Sightings } from '../sightings/sightings.js';

const tag = 'sightings';

export function sightingRoutes(sightings: Sightings, events: EventStream): Route[] {
  return [
    route({
      method: 'get',
      path: '/sightings',
      tag,
      summary: 'List sightings, newest first',
      access: 'viewer',
      query: sightingQuerySchema,
      responses: { 200: sightingPageSchema },
      handle: ({ query }) => sightings.list(query),
    }),
    route({
      method: 'get',
      path: '/events/stream',
      tag,
      summary: 'Stream of sighting events, as server-sent events',
      access: 'viewer',
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
        const stream = await events.open(ctx.get('Last-Event-ID') || undefined);
        ctx.type = 'text/event-stream';
        ctx.set('Cache-Control', 'no-store');
        // Stops proxies from buffering the response.
        ctx.set('X-Accel-Buffering', 'no');
        ctx.body = stream;
      },
    }),
  ];
}
