import type { Dropped } from '../../core/contract/summary.js';

export interface OutboxTables {
  /** What is not settled, without a hole: rows of evicted summaries first, then the summaries. */
  outbox: OutboxRowTable;
  /** One row. */
  outbox_state: OutboxStateTable;
  /** What happened in each of the last hours in which something did; bounded by `HOURS_KEPT`. */
  outbox_hour: OutboxHourTable;
}

export interface OutboxRowTable {
  seq: number;
  /** The summary as JSON; empty where summaries were evicted. */
  payload: string;
  /** Of the payload. */
  bytes: number;
  /** Milliseconds since the Unix epoch; 0 where the clock could not be trusted. */
  created_at: number;
  /** The first of the evicted summaries that the row stands for, `seq` being the last; null for a summary. */
  dropped_from: number | null;
  reason: Dropped['reason'] | null;
}

export interface OutboxStateTable {
  id: number;
  epoch: string;
  /** The highest number that was given out. */
  last_seq: number;
  /** Everything up to here is settled; rows of `outbox` lie above. */
  acked_seq: number;
  /** Summaries that wait, and the bytes of their payloads. */
  summaries: number;
  bytes: number;
  /** Summaries that the budget ever evicted. */
  evicted: number;
  /** No number above it was ever sent. Raised in blocks, ahead of the sending. */
  sent_mark: number;
  /** Which file this database was when it last began, and how far its rows are those of whatever it is a copy of. */
  file_identity: string;
  shared_seq: number;
}

export interface OutboxHourTable {
  /** Hours since the Unix epoch. */
  hour: number;
  added: number;
  settled: number;
  evicted: number;
}
