import type { Dropped } from '../../core/contract/summary.js';
import {
  contains,
  holes,
  type Range,
  type Ranges,
  rangesOf,
  subtract,
  union,
} from '../../core/runtime/ranges.js';

export type GapReason = Dropped['reason'] | 'unreported';

/** Summaries that will not come: dropped, as the appliance reported, or gone without a report. */
export interface Gap {
  from: number;
  to: number;
  reason: GapReason;
  /** Milliseconds since the Unix epoch. */
  noticedAt: number;
}

/** What is known of one outbox: everything up to `mark` and in `ahead` is settled, committed or absent. */
export interface Settled {
  mark: number;
  ahead: Ranges;
}

/** What one batch tells of one outbox. */
export interface BatchContents {
  summaries: readonly number[];
  drops: readonly Dropped[];
  /** The lowest seq that the appliance still holds. */
  firstHeld: number;
}

export interface Outcome extends Settled {
  /** Summaries to be stored: those of `summaries` that were not there yet. */
  fresh: ReadonlySet<number>;
  /** In place of the absences that were given. */
  absences: Gap[];
  /** Summaries that are gone, and that no report told of before. */
  lost: Ranges;
}

/**
 * Most ranges kept ahead of a mark. Beyond it, only what moves the mark is taken in; the rest stays
 * unacknowledged, and the appliance sends it again, the lowest first.
 */
export const MAX_RANGES_AHEAD = 1_024;

/**
 * Enters what a batch told. Everything is idempotent: a summary that was committed is not stored twice, a drop
 * counts only what was not committed, and a summary that was given up for lost is welcome when it comes all the same.
 * `absences` are those known that `touches` asks for.
 */
export function settle(
  before: Settled,
  told: BatchContents,
  absences: Gap[],
  now: number,
): Outcome {
  const outcome = enter(before, told, absences, now);
  if (outcome.ahead.length <= MAX_RANGES_AHEAD) return outcome;
  const nearby = (seq: number) => seq <= outcome.mark;
  const summaries = told.summaries.filter(nearby);
  const drops = told.drops.filter(({ to }) => nearby(to));
  return enter(before, { ...told, summaries, drops }, absences, now);
}

function enter({ mark, ahead }: Settled, told: BatchContents, known: Gap[], now: number): Outcome {
  const settled = union([[1, mark]], ahead);
  const committed = subtract(settled, extents(known));
  const fresh = new Set(told.summaries.filter((seq) => !contains(committed, seq)));
  const added = rangesOf([...fresh].map((seq): Range => [seq, seq]));

  const dropped: Gap[] = [];
  let taken = union(committed, added, extents(known.filter(isReported)));
  for (const { from, to, reason } of told.drops) {
    // One by one: there can be more than a call takes arguments.
    for (const absence of absent(subtract([[from, to]], taken), reason, now)) dropped.push(absence);
    taken = union(taken, [[from, to]]);
  }
  const accounted = union(settled, added, extents(told.drops));
  const lost = subtract([[1, told.firstHeld - 1]], accounted);
  const addedOrDropped = union(added, extents(dropped));
  const stillAbsent = known.flatMap((absence) => {
    const found = isReported(absence) ? added : addedOrDropped;
    const left = subtract([[absence.from, absence.to]], found);
    return absent(left, absence.reason, absence.noticedAt);
  });

  const all = union(accounted, lost);
  const reachesBack = all[0]?.[0] === 1;
  return {
    mark: reachesBack ? (all[0]?.[1] ?? 0) : 0,
    ahead: reachesBack ? all.slice(1) : all,
    fresh,
    absences: [...stillAbsent, ...dropped, ...absent(lost, 'unreported', now)],
    lost,
  };
}

/** The extent in which known absences matter to what was told; undefined where none can. */
export function touches(
  { mark, ahead }: Settled,
  { summaries, drops }: BatchContents,
): Range | undefined {
  const settled = union([[1, mark]], ahead);
  const repeated = summaries.filter((seq) => contains(settled, seq));
  const told = rangesOf([...extents(drops), ...repeated.map((seq): Range => [seq, seq])]);
  const overlaps = subtract(told, subtract(told, settled));
  const [first] = overlaps;
  const last = overlaps.at(-1);
  return first && last && [first[0], last[1]];
}

/** What lies below something that is settled, and has not come yet. */
export const missing = ({ mark, ahead }: Settled): Ranges => holes([[0, mark], ...ahead]);

const isReported = ({ reason }: Gap): boolean => reason !== 'unreported';

const extents = (parts: readonly { from: number; to: number }[]): Ranges =>
  rangesOf(parts.map(({ from, to }): Range => [from, to]));

const absent = (ranges: Ranges, reason: GapReason, noticedAt: number): Gap[] =>
  ranges.map(([from, to]) => ({ from, to, reason, noticedAt }));
