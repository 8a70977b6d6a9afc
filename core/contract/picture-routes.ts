import { z } from 'zod';
import { numeric, timeZoneSchema, truthValue } from './query.js';

/**
 * Pictures and exports besides JSON, below `/api/v1`, for viewers and up:
 * - `GET /cameras/{camera}/latest.jpg?boxes&width`: the newest analysed picture. `Siteglass-Picture-Age` and `Age` are
 *   seconds, `Siteglass-Image` is its id, `Last-Modified` when it was taken; `ETag`, 304; 404 before the first.
 * - `GET /cameras/{camera}/live.mjpeg?boxes&width`: a part for each new picture.
 * - `GET /cameras/{camera}/timelapse.mp4?day&timeZone`: 501 `ffmpeg_missing` if `ffmpeg` is not installed.
 * - `GET /objectdetection/image/{id}/thumbnail?width`: a JPEG of 160, 320 or 640 pixels across.
 * - `GET /sightings/export.csv` and `GET /sightings/export.coco.zip` with the filter of `GET /sightings`.
 */

/** Widths of thumbnails, in pixels. */
export const THUMBNAIL_WIDTHS = [160, 320, 640] as const;

export const thumbnailQuerySchema = z.strictObject({
  width: numeric(z.literal(THUMBNAIL_WIDTHS))
    .default(320)
    .meta({
      description: 'Pixels across; a picture that has fewer keeps its width',
      examples: [320],
    }),
});

export const MIN_PICTURE_WIDTH = 64;
export const MAX_PICTURE_WIDTH = 3_840;

export const latestQuerySchema = z.strictObject({
  boxes: truthValue.default(false).meta({ description: 'Draw what was found', examples: [true] }),
  width: numeric(z.int().min(MIN_PICTURE_WIDTH).max(MAX_PICTURE_WIDTH))
    .optional()
    .meta({
      description: 'Pixels across, at most those that the picture has',
      examples: [640],
    }),
  v: z
    .string()
    .max(64)
    .optional()
    .meta({
      description: 'Ignored. A page changes it, so that the browser loads the picture again',
      examples: ['1'],
    }),
});
export type LatestQuery = z.infer<typeof latestQuerySchema>;

export const timelapseQuerySchema = z.strictObject({
  day: z.iso.date().meta({ description: 'The day in `timeZone`', examples: ['2026-11-26'] }),
  timeZone: timeZoneSchema.default('UTC'),
});
