import type { DroppedRecord, SummaryRecord, UplinkRecord } from '../../core/contract/summary.js';

/** A record as it arrived. */
export interface Arrival<R extends UplinkRecord = UplinkRecord> {
  site: string;
  record: R;
  /** By the relay's clock, in milliseconds since the Unix epoch. */
  receivedAt: number;
  /** Labels beyond the site's budget: they are counted and found as `OTHER_LABEL`. */
  others?: ReadonlySet<string>;
}

export const OTHER_LABEL = 'other';

export const isSummary = (arrival: Arrival): arrival is Arrival<SummaryRecord> =>
  'summary' in arrival.record;

export const isDrop = (arrival: Arrival): arrival is Arrival<DroppedRecord> =>
  'dropped' in arrival.record;
