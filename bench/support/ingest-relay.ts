import { SiteRegistry } from '../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../cloud-relay/ingest/ingest.js';
import { SummaryRetention } from '../../cloud-relay/ingest/summary-retention.js';
import { relayMigrations } from '../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../cloud-relay/store/relay-tables.js';
import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase, openSharedDatabase } from '../../core/store/database.js';
import { relayConnection } from './relay-connection.js';
import { answerQuestions } from './side-process.js';

export interface RelayQuestion {
  broker: string;
  /** An SQLite file, or the URL of a PostgreSQL database. */
  database: string;
}

export interface RelayReply {
  started: boolean;
}

const log = silentLogger();

/** The relay's ingest as in the field, without its HTTP side and its detection. */
async function start({ broker, database }: RelayQuestion): Promise<RelayReply> {
  const { db } = database.startsWith('postgres:')
    ? await openSharedDatabase<RelayTables>(database, relayMigrations, () => undefined)
    : await openDatabase<RelayTables>(database, relayMigrations);
  const registry = new SiteRegistry(db, { admitUnknown: true }, log);
  await registry.start();
  await new SummaryRetention(db, 365 * 86_400_000, log).start();
  const { shareGroup, ...connection } = relayConnection(broker);
  const bus = new MqttMessageBus(connection, log);
  await new Ingest(bus, db, registry, log, { shareGroup }).start();
  const connected = new Promise<void>((resolve) => {
    bus.onConnect(resolve);
  });
  await bus.start();
  await connected;
  return { started: true };
}

answerQuestions(start);
