/** What node-cron's parser returns for a day: a number, `L`, `L-3`, `15W`, `LW`, `5L` or `5#2`. */
type DayToken = number | string;

const DAY_MS = 86_400_000;

/** Calendar days that a cron expression selects. Both fields have to match, as in node-cron. */
export class CronDays {
  readonly #months: ReadonlySet<number>;

  constructor(
    private readonly daysOfMonth: DayToken[],
    months: number[],
    private readonly daysOfWeek: DayToken[],
  ) {
    this.#months = new Set(months);
  }

  /** The first matching day from `day` on; both are midnights in UTC. Undefined if there is none until `end`. */
  firstFrom(day: number, end: number): number | undefined {
    for (let at = day; at < end; ) {
      const date = new Date(at);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      if (!this.#months.has(month + 1)) at = Date.UTC(year, month + 1, 1);
      else if (this.#matches(date)) return at;
      else at += DAY_MS;
    }
    return undefined;
  }

  #matches(date: Date): boolean {
    const [day, weekday] = [date.getUTCDate(), date.getUTCDay()];
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    return (
      this.daysOfMonth.some((token) => dayOfMonth(token, day, weekday, last) === day) &&
      this.daysOfWeek.some((token) => isDayOfWeek(token, day, weekday, last))
    );
  }
}

/** The day of the month that a token means. `day`, which is a `weekday`, tells which weekday the others are. */
function dayOfMonth(token: DayToken, day: number, weekday: number, last: number): number {
  if (typeof token === 'number') return token;
  if (token === 'L') return last;
  if (token.startsWith('L-')) return last - Number(token.slice(2));
  const target = token === 'LW' ? last : Number.parseInt(token, 10);
  return nearestWorkday(target, (weekday + target - day + 70) % 7, last);
}

/** The working day nearest to a day, in the same month; NaN if the month does not have that day. */
function nearestWorkday(target: number, weekday: number, last: number): number {
  if (target > last) return Number.NaN;
  if (weekday === 6) return target === 1 ? 3 : target - 1;
  if (weekday === 0) return target === last ? target - 2 : target + 1;
  return target;
}

/** A token is a weekday (0 is Sunday), the last of the month (`5L`) or the nth (`5#2`). */
function isDayOfWeek(token: DayToken, day: number, weekday: number, last: number): boolean {
  if (typeof token === 'number') return token === weekday;
  if (Number.parseInt(token, 10) % 7 !== weekday) return false;
  if (token.endsWith('L')) return day + 7 > last;
  return Math.ceil(day / 7) === Number(token.split('#')[1]);
}
