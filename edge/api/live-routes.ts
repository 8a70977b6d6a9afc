import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import { liveChangesSchema, liveStateSchema } from '../../core/contract/live.js';
import { endAfter, endAfterShape } from '../../core/http/end-after.js';
import { type Route, route } from '../../core/http/route.js';
import { scopeOf } from '../../core/http/scope.js';
import type { LiveStream } from '../events/live/live-stream.js';

export function liveRoutes(live: LiveStream): Route[] {
  return [
    route({
      method: 'get',
      path: '/live',
      tag: 'site',
      summary: 'Stream of the state of the site, as server-sent events',
      description:
        'For pages that show cameras. The first event is `state` with everything; after a lost connection it comes again. Then `changes` has what is new: cameras whole, sightings that appeared or left, the relay and the health every 10 s. If nothing has changed for 15 s, `changes` has `at` alone: a client that hears nothing for 45 s has lost the connection. A token that is limited to cameras receives these alone.',
      access: 'viewer',
      scope: 'filtered',
      query: z.strictObject(endAfterShape),
      responses: {
        200: {
          mediaTypes: ['text/event-stream'],
          events: { state: liveStateSchema, changes: liveChangesSchema },
          description: '`state` with a `LiveState` as data, then `changes` with a `LiveChanges`',
        },
      },
      problems: ['streams_full', 'shutting_down'],
      handle: ({ query }, ctx) =>
        sendEvents(ctx, endAfter(live.open(ctx.ip, scopeOf(ctx)), query.seconds)),
    }),
  ];
}

/** Sends server-sent events. */
export function sendEvents(ctx: Context, stream: Readable): void {
  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  // Stops proxies from buffering the response.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = stream;
}
