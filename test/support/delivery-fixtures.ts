import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { v7 as uuid } from 'uuid';
import { deliveryMigrations } from '../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../cloud-relay/store/relay-tables.js';
import type { Summary } from '../../core/contract/summary.js';
import {
  EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../core/messaging/embedded-broker.js';
import {
  MqttMessageBus,
  type MqttMessageBusOptions,
} from '../../core/messaging/mqtt-message-bus.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase } from '../../core/store/database.js';
import { outboxBudgetMigration } from '../../edge/store/outbox-budget-migration.js';
import { outboxImageMigration } from '../../edge/store/outbox-image-migration.js';
import { outboxMigration } from '../../edge/store/outbox-migration.js';
import type { OutboxTables } from '../../edge/store/outbox-tables.js';

export const log = silentLogger();
export const ROOT = 'siteglass';

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'siteglass-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves once the condition holds; fails the test where it does not within `withinMs`. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await sleep(20);
  }
}

export async function startBroker(
  t: ExecutionContext,
  options: Partial<EmbeddedBrokerOptions> = {},
) {
  const broker = new EmbeddedBroker(
    { host: '127.0.0.1', port: 0, root: ROOT, accounts: 'none', ...options },
    log,
  );
  t.teardown(() => broker.stop());
  await broker.start();
  return { broker, url: `mqtt://127.0.0.1:${broker.address.port}` };
}

let clients = 0;

/** A bus that is not started yet: what subscribes first misses nothing. */
export function createBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): MqttMessageBus {
  const bus = new MqttMessageBus(
    {
      url,
      root: ROOT,
      clientId: `test-${++clients}`,
      backoff: { minMs: 20, maxMs: 200 },
      ...options,
    },
    log,
  );
  t.teardown(() => bus.stop());
  return bus;
}

/** A bus that is started but perhaps not connected yet. */
export async function startBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): Promise<MqttMessageBus> {
  const bus = createBus(t, url, options);
  await bus.start();
  return bus;
}

export async function connectedBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): Promise<MqttMessageBus> {
  const bus = await startBus(t, url, options);
  await eventually(() => bus.connected);
  return bus;
}

export const openOutboxDatabase = (file: string) =>
  openDatabase<OutboxTables>(file, {
    '0001_outbox': outboxMigration,
    '0002_outbox_budget': outboxBudgetMigration,
    '0003_outbox_image': outboxImageMigration,
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
  neighbors,
  score: 1.25,
});
