/** A change of the offset: at `at`, clocks are set from one offset to the other. Offsets are in milliseconds. */
export interface OffsetChange {
  at: number;
  before: number;
  after: number;
}

/** An IANA time zone, or that of the process (`TZ`, or the machine's). */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | undefined;
  #lastChange: OffsetChange | undefined;

  /** Throws a RangeError if the name is unknown. */
  constructor(name?: string) {
    if (name === undefined) return;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Milliseconds that local time is ahead of UTC at an instant. */
  offset(at: number): number {
    if (!this.#format) return -new Date(at).getTimezoneOffset() * 60_000;
    const parts = new Map<string, number>();
    for (const { type, value } of this.#format.formatToParts(at)) parts.set(type, Number(value));
    const [year = 0, month = 0, ...rest] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map(
      (name) => parts.get(name) ?? 0,
    );
    return Date.UTC(year, month - 1, ...rest) - Math.floor(at / 1000) * 1000;
  }

  /** The change after `from` and not after `to`, which are at most some days apart. */
  changeBetween(from: number, to: number): OffsetChange | undefined {
    const [before, after] = [this.offset(from), this.offset(to)];
    if (before === after) return undefined;
    const last = this.#lastChange;
    const isLast = last && last.at > from && last.at <= to;
    if (isLast && last.before === before && last.after === after) return last;
    let [low, high] = [Math.floor(from), Math.ceil(to)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offset(middle) === before) low = middle;
      else high = middle;
    }
    this.#lastChange = { at: high, before, after };
    return this.#lastChange;
  }
}
