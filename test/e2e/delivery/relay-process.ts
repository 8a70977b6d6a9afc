import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { log, openRelayDatabase, ROOT } from '../../support/delivery-fixtures.js';
import { argumentsOf } from '../faults/protocol.js';
import type { RelayArguments } from './protocol.js';

const { url, file } = argumentsOf<RelayArguments>();
const { db } = await openRelayDatabase(file);
const registry = new SiteRegistry(db, { admitUnknown: true }, log);
await registry.start();
const bus = new MqttMessageBus(
  { url, root: ROOT, clientId: `relay-${process.pid}`, backoff: { minMs: 50, maxMs: 400 } },
  log,
);
await new Ingest(bus, db, registry, log).start();
await bus.start();
process.once('disconnect', () => process.exit());
