import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import { sightingFilterSchema } from '../../core/contract/sighting.js';
import { type Route, route } from '../../core/http/route.js';
import { clientOf } from '../../core/images/client-origin.js';
import type { PresentNames } from '../../core/images/image-routes.js';
import type { Exports } from '../events/export/exports.js';
import type { SightingList } from '../sightings/sighting-list.js';
import { requireKnownNames } from './known-names.js';

export interface ExportApi {
  exports: Exports;
  list: SightingList;
  names: PresentNames;
  site: string;
}

const tag = 'sightings';

export function exportRoutes({ exports, list, names, site }: ExportApi): Route[] {
  const common = {
    method: 'get',
    tag,
    access: 'viewer',
    scope: 'query',
    query: sightingFilterSchema,
  } as const;
  return [
    route({
      ...common,
      path: '/sightings/export.csv',
      summary: 'Export sightings as CSV',
      description:
        'With the filter of the list, newest first, at most 200,000. RFC 4180 in UTF-8; a text that a spreadsheet would run as a formula has an apostrophe before it. Two exports are made at a time, one for each user, token or, without login, network. One that is not read ends.',
      problems: ['exports_busy', 'rate_limited'],
      responses: { 200: { mediaTypes: ['text/csv'], description: 'A row for each sighting' } },
      handle: async ({ query }, ctx) => {
        await requireKnownNames(query, list, names);
        send(
          ctx,
          await exports.csv(query, clientOf(ctx).id),
          'text/csv; charset=utf-8',
          `${site}-sightings.csv`,
        );
      },
    }),
    route({
      ...common,
      path: '/sightings/export.coco.zip',
      summary: 'Export sightings with their pictures in the form of COCO',
      description:
        'With the filter of the list, at most 5,000 sightings. A ZIP archive of the best pictures as they were taken and `annotations.json` with a box for each sighting in pixels (x, y, width, height); `siteglass_wrong` is true for those marked as wrong. Sightings whose picture is no longer stored are left out.',
      problems: ['exports_busy', 'rate_limited'],
      responses: { 200: { mediaTypes: ['application/zip'], description: 'The archive' } },
      handle: async ({ query }, ctx) => {
        await requireKnownNames(query, list, names);
        send(
          ctx,
          await exports.coco(query, clientOf(ctx).id),
          'application/zip',
          `${site}-sightings.coco.zip`,
        );
      },
    }),
  ];
}

function send(ctx: Context, content: Readable, type: string, name: string): void {
  ctx.type = type;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Content-Disposition', `attachment; filename="${name}"`);
  ctx.body = content;
}
