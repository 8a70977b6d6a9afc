/** A time during which the wall clock was not set; setting it begins another one. Milliseconds since the Unix epoch. */
export interface ClockEra {
  /** What the wall clock showed at its beginning and at its end. */
  from: number;
  to: number;
  /** What it would show now if it had not been set since. */
  now: number;
}

/** The eras, newest first; empty if the wall clock was never set, since then its own time is right for everything. */
export type ClockEras = () => ClockEra[];

export const noEras: ClockEras = () => [];

/**
 * The present time by the clock that made `at`. If several eras fit, it is the last of them: what was recorded then is
 * at least as old.
 */
export const nowFor = (at: number, now: number, eras: ClockEra[]): number =>
  eras.find(({ from, to }) => at >= from && at <= to)?.now ?? now;

/** Before any of these is past, by every clock that the program has had. */
export const earliestNow = (now: number, eras: ClockEra[]): number =>
  Math.min(now, ...eras.map((era) => era.now));

/** After all of these. */
export const latestNow = (now: number, eras: ClockEra[]): number =>
  Math.max(now, ...eras.map((era) => era.now));
