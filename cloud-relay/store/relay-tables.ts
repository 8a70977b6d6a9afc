import type { SiteAvailability } from '../../core/contract/live-payloads.js';
import type { Dropped } from '../../core/contract/summary.js';
import { tableSet } from '../../core/store/table-set.js';

/** The tables that only the relay has. Times are milliseconds since the Unix epoch. */
export interface RelayTables {
  site: SiteRow;
  summary: SummaryRow;
  sighted_label: SightedLabelRow;
  daily_label: DailyLabelRow;
  ledger: LedgerRow;
  absence: GapRow;
  removed_outbox: RemovedOutboxRow;
  enrolment_code: EnrolmentCodeRow;
  site_credential: SiteCredentialRow;
  site_total: SiteTotalRow;
  site_day: SiteDayRow;
  site_name: SiteNameRow;
  demo_total: DemoTotalRow;
}

export const relayTables = tableSet<RelayTables>({
  site: true,
  summary: true,
  sighted_label: true,
  daily_label: true,
  ledger: true,
  absence: true,
  removed_outbox: true,
  enrolment_code: true,
  site_credential: true,
  site_total: true,
  site_day: true,
  site_name: true,
  demo_total: true,
});

export interface SiteRow {
  id: string;
  created_at: number;
  /** null: the site was admitted without provisioning, and has no account at the embedded broker. */
  password_hash: string | null;
  availability: SiteAvailability | null;
  last_seen_at: number | null;
  /** The last health report as JSON, and when it arrived. */
  health: string | null;
  health_at: number | null;
  /** When its removal began; nothing is accepted from it any more, and nobody sees it. */
  removing_at: number | null;
}

/** Each is stored once: the ledger makes sure of that. */
export interface SummaryRow {
  site: string;
  epoch: string;
  seq: number;
  camera: string;
  snapshot: string;
  taken_at: number;
  received_at: number;
  /** The summary as JSON. */
  payload: string;
}

/** A label that a summary shows: summaries are found by label through these rows. */
export interface SightedLabelRow {
  site: string;
  label: string;
  taken_at: number;
  snapshot: string;
  received_at: number;
}

/** How often a label was found at a site on a day: kept beside the summaries, so that a total need not read them. */
export interface DailyLabelRow {
  site: string;
  /** Start of the day in UTC on which the snapshots were taken. */
  day: number;
  label: string;
  /** Summaries that show the label. */
  summaries: number;
  detections: number;
}

/** What the relay has of one outbox. */
export interface LedgerRow {
  site: string;
  epoch: string;
  /** The watermark: every number up to it is committed or in a known gap. */
  acked_seq: number;
  /** Ranges above it that are accounted for as well, as JSON. */
  ahead: string;
  summaries: number;
  detections: number;
  /** When its last batch was committed. */
  updated_at: number;
}

/**
 * `unreported`: the appliance no longer holds the summaries, and did not report that it dropped them; `removed`: they
 * were removed with their site.
 */
export type GapReason = MarkReason | 'unreported' | 'removed';
type MarkReason = Dropped['reason'] | NonNullable<Dropped['cause']>;

/** Summaries that are not expected any more. */
export interface GapRow {
  site: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
  noticed_at: number;
  reason: GapReason;
  /** Why it was refused, in words. */
  detail: string | null;
}

/** What the ledger had of an outbox when an operator removed its site. */
export interface RemovedOutboxRow {
  site: string;
  epoch: string;
  acked_seq: number;
  ahead: string;
  removed_at: number;
}

/** A code that a site may enrol with. */
export interface EnrolmentCodeRow {
  site: string;
  /** SHA-256 of the secret, which has 120 random bits. */
  hash: string;
  expires_at: number;
  /** When it was exchanged; the same appliance may repeat that with the same password. */
  used_at: number | null;
}

/** What belongs to the password of a site, which is in its own row. */
export interface SiteCredentialRow {
  site: string;
  /** The former password is good only while the present one has this hash, and until then. */
  current_hash: string | null;
  previous_hash: string | null;
  previous_until: number;
  /** An operator asked for another password. */
  rotation_asked_at: number | null;
  /** Rises with each time that its connections had to end. */
  cut_off: number;
}

/** What a site has delivered, as the sum over its outboxes. */
export interface SiteTotalRow {
  site: string;
  summaries: number;
  detections: number;
  last_received_at: number;
  /** What it sent beyond its budget last, in words, and when. */
  limited: string | null;
  limited_at: number | null;
}

/** What a site has used of its budget on a day of the relay's clock. */
export interface SiteDayRow {
  site: string;
  /** Start of the day in UTC. */
  day: number;
  records: number;
  /** Of what was stored, approximately. */
  bytes: number;
}

export type NameKind = 'label' | 'camera' | 'epoch';

/** A name that a site has used, and when it did so first. */
export interface SiteNameRow {
  site: string;
  kind: NameKind;
  name: string;
  since: number;
}

/** Uploads that were searched, of all relays on the database. */
export interface DemoTotalRow {
  /** There is one row. */
  id: number;
  images: number;
  objects: number;
}
