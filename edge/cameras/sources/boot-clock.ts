import type { SavedPosition } from './cursor-file.js';

/** More than the sum of the errors of the clock, the file system's timestamps and a measured step. */
export const CLOCK_MARGIN_MS = 2_000;

/**
 * A machine without a battery starts with a clock that is behind: what has arrived since then has earlier times than
 * what was read before. Such files become a backlog of the position.
 */
export function withSinceBoot(
  saved: SavedPosition | undefined,
  now: number,
  uptimeMs: number,
): SavedPosition | undefined {
  if (!saved?.savedMs || saved.savedMs < now + CLOCK_MARGIN_MS) return saved;
  const after = { changedMs: now - uptimeMs - CLOCK_MARGIN_MS, path: '' };
  return { ...saved, backlog: [...saved.backlog, { after, untilMs: now + CLOCK_MARGIN_MS }] };
}
