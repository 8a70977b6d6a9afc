import { sql } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';

export interface OutboxTables {
  /** What is not acknowledged, without a hole: rows of evicted summaries first, then the summaries. */
  outbox: OutboxRowTable;
  /** One row. */
  outbox_state: OutboxStateTable;
  /** Counts of each of the last hours in which something happened; at most `HOURS_KEPT` rows. */
  outbox_hour: OutboxHourTable;
}

export interface OutboxRowTable {
  seq: number;
  /** The summary as JSON; empty if the row stands for evicted summaries. */
  payload: string;
  /** Of the payload. */
  bytes: number;
  /** By the appliance's steady time, which nobody sets, in milliseconds; 0 if it is not known. */
  created_at: number;
  /** The first of the evicted summaries that the row stands for, `seq` being the last; null for a summary. */
  dropped_from: number | null;
  reason: Dropped['reason'] | null;
  /** The id of the summary's snapshot, whether or not its picture was stored; null if the row stands for evicted summaries. */
  image: string | null;
}

export interface OutboxStateTable {
  id: number;
  epoch: string;
  /** The highest number that was given out. */
  last_seq: number;
  /** Everything up to here is acknowledged; rows of `outbox` lie above. */
  acked_seq: number;
  /** Summaries that are not acknowledged, and the bytes of their payloads. */
  summaries: number;
  bytes: number;
  /** Summaries that the budget ever evicted. */
  evicted: number;
  /** No number above it was ever sent. Raised in blocks, ahead of the sending. */
  sent_mark: number;
  /** The identity of the database's file at the last start; the rows up to `shared_seq` are also in the file that it is a copy of. */
  file_identity: string;
  shared_seq: number;
}

export interface OutboxHourTable {
  /** Hours since the Unix epoch. */
  hour: number;
  added: number;
  /** Acknowledged. */
  settled: number;
  evicted: number;
}

/**
 * Whether the summary of an image is in the outbox: a condition over `image`. An image and its summary are added in one
 * transaction, so it holds from the first moment on.
 */
export const isUnacknowledged = sql<boolean>`exists (
  select 1 from outbox where outbox.image = image.id
)`;
