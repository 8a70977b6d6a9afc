/** Milliseconds since the Unix epoch. Tests put their own in its place. */
export type Clock = () => number;

export const systemClock: Clock = Date.now;

export const instant = (ms: number): string => new Date(ms).toISOString();
