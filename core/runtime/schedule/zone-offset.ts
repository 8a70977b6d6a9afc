/** Milliseconds that local time is ahead of UTC at an instant. */
export type ZoneOffset = (at: number) => number;

/** The time zone of the process (`TZ`, or the machine's). */
const processOffset: ZoneOffset = (at) => -new Date(at).getTimezoneOffset() * 60_000;

/** The offset in an IANA time zone, or in that of the process. Throws a RangeError if the zone is unknown. */
export function zoneOffset(zone?: string): ZoneOffset {
  if (zone === undefined) return processOffset;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (at) => {
    const parts = new Map<string, number>();
    for (const { type, value } of format.formatToParts(at)) parts.set(type, Number(value));
    const part = (name: string) => parts.get(name) ?? 0;
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return local - Math.floor(at / 1000) * 1000;
  };
}

/** A change of the offset: clocks are set at `at`, from one offset to the other. */
export interface OffsetChange {
  at: number;
  before: number;
  after: number;
}

/** The change after `from` and not after `to`, which are at most some days apart. */
export function offsetChange(
  offset: ZoneOffset,
  from: number,
  to: number,
): OffsetChange | undefined {
  const [before, after] = [offset(from), offset(to)];
  if (before === after) return undefined;
  let [low, high] = [Math.floor(from), Math.ceil(to)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  return { at: high, before, after };
}
