import type { Context } from 'koa';
import parseRange from 'range-parser';
import { ProblemError } from '../runtime/errors.js';
import type { StoredFile } from '../store/file-store.js';

export interface Sent {
  file: StoredFile;
  mediaType: string;
  /** Identifies these bytes; becomes the ETag. */
  tag: string;
  lastModified: Date;
}

/** Sends a file; supports conditional requests and single ranges (RFC 9110). */
export function sendFile(ctx: Context, { file, mediaType, tag, lastModified }: Sent): void {
  ctx.status = 200;
  ctx.type = mediaType;
  ctx.set('ETag', `"${tag}"`);
  ctx.lastModified = lastModified;
  ctx.set('Accept-Ranges', 'bytes');
  ctx.set('Cache-Control', 'private, no-cache');
  // A browser may show an uploaded file only as an image.
  ctx.set('Content-Security-Policy', "default-src 'none'; sandbox");
  ctx.set('Content-Disposition', 'inline');
  if (isCurrent(ctx, tag, lastModified)) {
    ctx.status = 304;
    return;
  }
  const range = requestedRange(ctx, file.bytes);
  if (range) {
    ctx.status = 206;
    ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  }
  ctx.length = range ? range.end - range.start + 1 : file.bytes;
  if (ctx.method !== 'HEAD') ctx.body = file.read(range);
  ctx.type = mediaType;
}

/**
 * Whether the client's copy is current (RFC 9110, 13.1). Koa's `fresh` is false for a request with
 * `Cache-Control: no-cache`, which fetch adds to every conditional request.
 */
function isCurrent(ctx: Context, tag: string, lastModified: Date): boolean {
  const tags = ctx.get('If-None-Match');
  if (tags) return tags === '*' || tags.split(',').some((part) => opaqueTag(part) === `"${tag}"`);
  const since = Date.parse(ctx.get('If-Modified-Since'));
  return Math.floor(lastModified.getTime() / 1000) * 1000 <= since;
}

/** An entity tag without the mark of a weak one: the comparison is weak (RFC 9110, 13.1.2). */
const opaqueTag = (part: string): string => part.trim().replace(/^W\//, '');

function requestedRange(ctx: Context, bytes: number) {
  const header = ctx.get('Range');
  const ifRange = ctx.get('If-Range');
  const applies = !ifRange || ifRange === ctx.response.get('ETag');
  if (!header || !applies || ctx.method !== 'GET') return undefined;
  // More last bytes than the file has: the whole file (RFC 9110, 14.1.2).
  const last = /^bytes=-(\d+)$/.exec(header)?.[1];
  if (Number(last) > bytes && bytes > 0) return { start: 0, end: bytes - 1 };
  const ranges = parseRange(bytes, header);
  if (ranges === -1) {
    ctx.set('Content-Range', `bytes */${bytes}`);
    throw new ProblemError('range_not_satisfiable', `The image has ${bytes} bytes.`);
  }
  // For several ranges, or an invalid one, a server may send the whole file (RFC 9110, 14.2).
  return ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1 ? undefined : ranges[0];
}
