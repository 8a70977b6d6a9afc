import { type Generated, sql } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';

/** Why summaries will not be sent: the outbox's budget, a refusal, or a relay that lost what is not kept here any more. */
export type MarkReason = Dropped['reason'] | NonNullable<Dropped['cause']>;

export interface OutboxTables {
  /** What is not acknowledged, without a hole: summaries, and rows that stand for summaries that will not be sent. */
  outbox: OutboxRowTable;
  /** One row. */
  outbox_state: OutboxStateTable;
  /** Counts of each of the last hours in which something happened; at most `HOURS_KEPT` rows. */
  outbox_hour: OutboxHourTable;
  /** Summaries that were set aside, oldest first; see `setAside`. */
  outbox_refused: OutboxRefusedTable;
  /** The newest summaries that are acknowledged; see `outbox-kept.ts`. */
  outbox_acknowledged: OutboxAcknowledgedTable;
}

export interface OutboxRowTable {
  seq: number;
  /** The summary as JSON; empty if the row stands for summaries that will not be sent. */
  payload: string;
  /** Of the payload. */
  bytes: number;
  /** By the appliance's steady time, which nobody sets, in milliseconds; 0 if it is not known. */
  created_at: number;
  /** The first of the summaries that the row stands for, `seq` being the last; null for a summary. */
  dropped_from: number | null;
  reason: MarkReason | null;
  /** Why the summary was set aside, in words. */
  detail: string | null;
  /** The id of the summary's snapshot, whether or not its picture was stored; null if the row stands for others. */
  image: string | null;
  /** The site under whose id the summary may have been sent in an earlier epoch. */
  former: string | null;
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
  /** The id that the site had at the last start; the epoch belongs to it. */
  site: string;
  /** Summaries that were ever set aside. */
  refused: number;
  /** Acknowledged summaries that a relay lost and that were not kept here any more; counted up to `forgotten_seq`. */
  forgotten: number;
  forgotten_seq: number;
  /** Rows of `outbox_acknowledged`, marks included, and the bytes of their payloads. */
  kept: number;
  kept_bytes: number;
  /** Milliseconds that the program has run with this database: a time that no change of the clock affects. */
  running_ms: number;
  /** When a relay last acknowledged anything, to the minute; 0 if that is not known. */
  heard_at: number;
}

export interface OutboxHourTable {
  /** Hours since the Unix epoch. */
  hour: number;
  added: number;
  /** Acknowledged. */
  settled: number;
  evicted: number;
}

export interface OutboxRefusedTable {
  id: Generated<number>;
  epoch: string;
  seq: number;
  reason: string;
  /** The summary as JSON. */
  payload: string;
  bytes: number;
  /** Milliseconds since the Unix epoch; 0 if the clock could not be trusted. */
  refused_at: number;
}

export interface OutboxAcknowledgedTable extends OutboxRowTable {
  epoch: string;
  /** `running_ms` when it was acknowledged. */
  kept_at: number;
}

/**
 * Whether the summary of an image is in the outbox: a condition over `image`. An image and its summary are added in one
 * transaction, so it holds from the first moment on.
 */
export const isUnacknowledged = sql<boolean>`exists (
  select 1 from outbox where outbox.image = image.id
)`;
