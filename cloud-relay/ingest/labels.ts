import type { SummaryRecord } from '../../core/contract/summary.js';
import { DAY_MS } from '../store/daily-label-table.js';
import type { DailyLabelRow, SightedLabelRow } from '../store/relay-tables.js';
import { type Arrival, OTHER_LABEL } from './arrival.js';

/** One row for each label that a summary shows. */
export function sightedLabels({
  site,
  record: { summary },
  receivedAt,
  others,
}: Arrival<SummaryRecord>): SightedLabelRow[] {
  const labels = new Set(summary.detections.map(({ label }) => indexed(label, others)));
  return [...labels].map((label) => ({
    site,
    label,
    taken_at: Date.parse(summary.takenAt),
    snapshot: summary.snapshot,
    received_at: receivedAt,
  }));
}

const indexed = (label: string, others: ReadonlySet<string> | undefined): string =>
  others?.has(label) ? OTHER_LABEL : label;

/** No snapshot is older: a machine without a battery clock starts before this time. */
const EARLIEST = Date.parse('2024-01-01T00:00:00Z');

/**
 * When a summary counts: when its snapshot was taken or, if the appliance's clock was wrong then, when it arrived. Its
 * own time stays in the summary.
 */
function countedAt({ record: { summary }, receivedAt }: Arrival<SummaryRecord>): number {
  const takenAt = Date.parse(summary.takenAt);
  if (receivedAt < EARLIEST) return takenAt;
  const isWrong =
    summary.clock === 'unsynchronised' || takenAt < EARLIEST || takenAt > receivedAt + DAY_MS;
  return isWrong ? receivedAt : takenAt;
}

/** The counts that summaries add to each day. */
export function dailyLabels(arrivals: Arrival<SummaryRecord>[]): DailyLabelRow[] {
  const totals = new Map<string, DailyLabelRow>();
  for (const arrival of arrivals) {
    const { site, record } = arrival;
    const { detections } = record.summary;
    const ms = countedAt(arrival);
    const day = ms - (((ms % DAY_MS) + DAY_MS) % DAY_MS);
    const seen = new Set<string>();
    for (const { label: found } of detections) {
      const label = indexed(found, arrival.others);
      const key = `${site} ${day} ${label}`;
      const total = totals.get(key) ?? { site, day, label, summaries: 0, detections: 0 };
      totals.set(key, total);
      total.detections++;
      if (!seen.has(label)) total.summaries++;
      seen.add(label);
    }
  }
  return [...totals.values()];
}
