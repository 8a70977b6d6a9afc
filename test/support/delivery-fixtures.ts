import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Arrival } from '../../cloud-relay/ingest/arrival.js';
import { deliveryMigrations } from '../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../cloud-relay/store/relay-tables.js';
import { confidenceOf } from '../../core/contract/detection.js';
import type { Dropped, Summary, SummaryRecord } from '../../core/contract/summary.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase } from '../../core/store/database.js';
import type { Outbox } from '../../edge/store/outbox.js';
import { outboxBudgetMigration } from '../../edge/store/outbox-budget-migration.js';
import { outboxImageMigration } from '../../edge/store/outbox-image-migration.js';
import { outboxMarksMigration } from '../../edge/store/outbox-marks-migration.js';
import { outboxMigration } from '../../edge/store/outbox-migration.js';
import type { OutboxTables } from '../../edge/store/outbox-tables.js';
import { temporaryFolder } from './temporary-folder.js';

export const log = silentLogger();
export const ROOT = 'siteglass';

export const openOutboxDatabase = (file: string) =>
  openDatabase<OutboxTables>(file, {
    '0001_outbox': outboxMigration,
    '0002_outbox_budget': outboxBudgetMigration,
    '0003_outbox_image': outboxImageMigration,
    '0004_outbox_marks': outboxMarksMigration,
  });

export const openRelayDatabase = (file: string) =>
  openDatabase<RelayTables>(file, deliveryMigrations);

export async function relayDatabase(t: ExecutionContext) {
  const { db, close } = await openRelayDatabase(join(await temporaryFolder(t), 'relay.db'));
  t.teardown(close);
  return db;
}

export function aSummary(more: Partial<Summary> = {}): Summary {
  return {
    camera: 'gate',
    snapshot: uuid(),
    takenAt: '2024-05-01T10:00:00.000Z',
    width: 1280,
    height: 720,
    detections: [aDetection()],
    analysisMs: 31.5,
    ...more,
  };
}

export const aDetection = (label = 'stop sign', neighbors = 12) => ({
  label,
  detector: 'stop-sign',
  box: { x: 10, y: 20, width: 64, height: 64 },
  confidence: confidenceOf(neighbors, 5),
  neighbors,
  score: 1.25,
});

/** Appends `count` summaries in one transaction, and resolves with the ids of their snapshots. */
export async function appendSummaries(
  db: Kysely<OutboxTables>,
  outbox: Outbox,
  count: number,
): Promise<string[]> {
  const summaries = Array.from({ length: count }, () => aSummary());
  await db.transaction().execute(async (trx) => {
    for (const summary of summaries) await outbox.append(trx, summary);
  });
  return summaries.map(({ snapshot }) => snapshot);
}

export const EPOCH = '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c001';

export const anArrival = (
  seq: number,
  { site = 'north', epoch = EPOCH, first = 1, summary = {} as Partial<Summary> } = {},
): Arrival<SummaryRecord> => ({
  site,
  record: { v: 1, epoch, seq, first, summary: aSummary(summary) },
  receivedAt: 5_000,
});

export const aDrop = (
  from: number,
  to: number,
  { site = 'north', first = 1, reason = 'bytes' as Dropped['reason'] } = {},
): Arrival => ({
  site,
  record: {
    v: 1,
    epoch: EPOCH,
    seq: to,
    first,
    dropped: { from, to, count: to - from + 1, reason },
  },
  receivedAt: 5_000,
});
