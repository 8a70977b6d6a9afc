import type { CronExpression } from './cron-expression.js';
import type { OffsetChange, TimeZone } from './time-zone.js';

const DAY_MS = 86_400_000;
/** How far ahead a change of the offset is looked for at a time. */
const WINDOW_MS = 2 * DAY_MS;
/** A run every year in a zone with two changes takes three or four rounds. */
const MAX_ROUNDS = 16;

/**
 * The first run after an instant; undefined if there is none. Around a change of the offset:
 * - A time of day that occurs twice runs at the first occurrence. One that does not exist runs when clocks have been
 *   set. Several of them run once.
 * - An interval runs at both occurrences. If the change would make a pause longer (as an interval of hours, or the
 *   half-hour change of Lord Howe), it also runs when it was due by the offset before.
 */
export function nextRun(
  expression: CronExpression,
  after: number,
  zone: TimeZone,
): number | undefined {
  let from = Math.floor(after) + 1;
  let change = zone.changeBetween(from - DAY_MS, from);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (change) {
      const extra = extraRun(expression, change);
      if (extra !== undefined && extra >= from) return extra;
      from = Math.max(from, change.at, endOfRepeat(expression, change));
    }
    const ahead = zone.offset(from);
    const local = expression.firstFrom(from + ahead);
    if (local === undefined) return undefined;
    const run = local - ahead;
    const end = Math.min(run, from + WINDOW_MS);
    change = zone.changeBetween(from, end);
    if (change) continue;
    if (run === end) return run;
    from = Math.max(end, run - WINDOW_MS);
  }
  return undefined;
}

/** The one run that a change adds, if any: see `nextRun`. */
function extraRun(expression: CronExpression, change: OffsetChange): number | undefined {
  const { at, before, after } = change;
  const missing = Math.max(0, after - before);
  const byOldOffset = expression.firstFrom(at + before);
  if (byOldOffset === undefined) return undefined;
  const due = byOldOffset - before;
  if (due >= at + Math.max(missing, expression.hoursApartMs)) return undefined;
  if (expression.isFixedTime) return at;
  const byNewOffset = expression.firstFrom(at + after);
  return byNewOffset === undefined || due < byNewOffset - after ? due : undefined;
}

/** Until when a change repeats local times that a list of times of day does not run at again. */
function endOfRepeat(expression: CronExpression, { at, before, after }: OffsetChange): number {
  return expression.isFixedTime && after < before ? at + before - after : at;
}
