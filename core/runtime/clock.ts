/** Milliseconds since the Unix epoch. Tests use their own. */
export type Clock = () => number;

export const systemClock: Clock = Date.now;

export const toIsoString = (ms: number): string => new Date(ms).toISOString();

export const toIsoStringOrNull = (ms: number | null): string | null =>
  ms === null ? null : toIsoString(ms);

/** As text in seconds, minutes, hours or days. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}
