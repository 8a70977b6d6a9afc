/** A time during which the wall clock was not set; setting it begins another one. Milliseconds since the Unix epoch. */
export interface ClockEra {
  /** What the wall clock showed at its beginning and at its end. */
  from: number;
  to: number;
  /** What it would show now if it had not been set since. */
  now: number;
}

/** The eras, the present one first; empty if the wall clock was never set, since then its own time is right for all. */
export type ClockEras = () => ClockEra[];

export const noEras: ClockEras = () => [];

/**
 * The present time by the clock that made `at`. If several eras fit, it is the last of them: what was recorded then is
 * at least as old.
 */
export const nowFor = (at: number, now: number, eras: ClockEra[]): number =>
  eras.find(({ from, to }) => at >= from && at <= to)?.now ?? now;

/** A time of the present clock as the clock of `era` would have shown it. */
export const inEra = (ms: number, era: ClockEra, [present]: ClockEra[]): number =>
  present ? ms + era.now - present.now : ms;

/** Those eras in which something was stamped after `ms` of the present clock, by its own clock. */
export const erasAfter = (ms: number, eras: ClockEra[]): ClockEra[] =>
  eras.filter((era) => era.to >= inEra(ms, era, eras));

/** The earliest and the latest form of a time of the present clock, by every clock that the program has had. */
export const earliestOf = (ms: number, eras: ClockEra[]): number =>
  Math.min(ms, ...eras.map((era) => inEra(ms, era, eras)));
export const latestOf = (ms: number, eras: ClockEra[]): number =>
  Math.max(ms, ...eras.map((era) => inEra(ms, era, eras)));
