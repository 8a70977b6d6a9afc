import type { Dropped } from '../../core/contract/summary.js';
import {
  contains,
  type Range,
  type Ranges,
  rangesOf,
  subtract,
  union,
} from '../../core/runtime/ranges.js';
import type { Gap } from '../store/gap-table.js';
import type { OutboxProgress } from '../store/ledger-table.js';
import type { GapReason } from '../store/relay-tables.js';

/** What one batch contains of one outbox. */
export interface BatchContents {
  /** Their numbers. */
  summaries: readonly number[];
  drops: readonly Dropped[];
  /** The lowest number that the appliance still holds. */
  firstHeld: number;
}

export interface Reconciliation extends OutboxProgress {
  /** Those of the batch's summaries that are to be stored: they were not committed before. */
  newSummaries: ReadonlySet<number>;
  /** They replace the known gaps that were given. */
  gaps: Gap[];
  /** Summaries that the appliance no longer holds and did not report before. */
  lost: Ranges;
  /** Those of the batch's summaries whose numbers have a summary already. */
  repeated: ReadonlySet<number>;
}

/**
 * Most ranges kept ahead of a watermark. Beyond it, only what moves the watermark is accepted; the rest stays
 * unacknowledged, and the appliance sends it again, the lowest first.
 */
export const MAX_RANGES_AHEAD = 1_024;

/**
 * Works out what a batch changes in what is known of an outbox. It is idempotent: a summary that was committed is not
 * stored twice, a drop counts only what was not committed, and a summary that was recorded as lost is accepted if it
 * arrives after all. `knownGaps` are those within `affectedRange`.
 */
export function reconcile(
  before: OutboxProgress,
  contents: BatchContents,
  knownGaps: Gap[],
  now: number,
): Reconciliation {
  const result = accountFor(before, contents, knownGaps, now);
  if (result.ahead.length <= MAX_RANGES_AHEAD) return result;
  const movesWatermark = (seq: number) => seq <= result.watermark;
  const summaries = contents.summaries.filter(movesWatermark);
  const drops = contents.drops.filter(({ to }) => movesWatermark(to));
  return accountFor(before, { ...contents, summaries, drops }, knownGaps, now);
}

function accountFor(
  before: OutboxProgress,
  contents: BatchContents,
  knownGaps: Gap[],
  now: number,
): Reconciliation {
  const known = accountedFor(before);
  const committed = subtract(
    known,
    coverage(knownGaps.filter(({ reason }) => reason !== 'removed')),
  );
  const stored = subtract(known, coverage(knownGaps));
  const newSummaries = new Set(contents.summaries.filter((seq) => !contains(committed, seq)));
  const added = singles(newSummaries);
  const dropped = newDrops(
    contents.drops,
    union(committed, added, coverage(knownGaps.filter(isReported))),
    now,
  );
  const accounted = union(known, added, coverage(contents.drops));
  const lost = subtract([[1, contents.firstHeld - 1]], accounted);
  return {
    ...progressOf(union(accounted, lost)),
    newSummaries,
    gaps: [
      ...remaining(knownGaps, added, dropped),
      ...dropped,
      ...gapsOver(lost, 'unreported', now),
    ],
    lost,
    repeated: new Set(contents.summaries.filter((seq) => contains(stored, seq))),
  };
}

/** The parts of the reported drops that are not accounted for by a summary or an earlier report. */
function newDrops(drops: readonly Dropped[], accounted: Ranges, noticedAt: number): Gap[] {
  const gaps: Gap[] = [];
  let covered = accounted;
  for (const { from, to, reason, cause, detail } of drops) {
    // One by one: there can be more than a call accepts arguments.
    for (const gap of gapsOver(subtract([[from, to]], covered), cause ?? reason, noticedAt, detail))
      gaps.push(gap);
    covered = union(covered, [[from, to]]);
  }
  return gaps;
}

/** The known gaps without the summaries that have arrived; a report also replaces what was recorded as lost. */
function remaining(knownGaps: Gap[], added: Ranges, dropped: Gap[]): Gap[] {
  const addedOrDropped = union(added, coverage(dropped));
  return knownGaps.flatMap((gap) => {
    const left = subtract([[gap.from, gap.to]], isReported(gap) ? added : addedOrDropped);
    return gapsOver(left, gap.reason, gap.noticedAt, gap.detail);
  });
}

function progressOf(accounted: Ranges): OutboxProgress {
  const [first, ...rest] = accounted;
  return first?.[0] === 1
    ? { watermark: first[1], ahead: rest }
    : { watermark: 0, ahead: accounted };
}

/** The range in which known gaps matter to the batch; undefined if none can. */
export function affectedRange(
  before: OutboxProgress,
  { summaries, drops }: BatchContents,
): Range | undefined {
  const known = accountedFor(before);
  const repeated = summaries.filter((seq) => contains(known, seq));
  const named = union(coverage(drops), singles(repeated));
  const overlaps = subtract(named, subtract(named, known));
  const [first] = overlaps;
  const last = overlaps.at(-1);
  return first && last && [first[0], last[1]];
}

const accountedFor = ({ watermark, ahead }: OutboxProgress): Ranges =>
  union([[1, watermark]], ahead);

const isReported = ({ reason }: Gap): boolean => reason !== 'unreported';

const singles = (numbers: Iterable<number>): Ranges =>
  rangesOf([...numbers].map((seq): Range => [seq, seq]));

const coverage = (parts: readonly { from: number; to: number }[]): Ranges =>
  rangesOf(parts.map(({ from, to }): Range => [from, to]));

const gapsOver = (ranges: Ranges, reason: GapReason, noticedAt: number, detail?: string): Gap[] =>
  ranges.map(([from, to]) => ({
    from,
    to,
    reason,
    noticedAt,
    ...(detail !== undefined && { detail }),
  }));
