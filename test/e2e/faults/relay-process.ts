import { randomBytes } from 'node:crypto';
import type { Kysely, KyselyPlugin } from 'kysely';
import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { Ingest, MAX_PENDING } from '../../../cloud-relay/ingest/ingest.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import type { Payload, TopicName, TopicNames } from '../../../core/contract/topics.js';
import { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { createLogger } from '../../../core/runtime/logger.js';
import { ROOT } from '../../support/delivery-fixtures.js';
import { argumentsOf, type Death, type RelayArguments } from './protocol.js';
import { openRelayTables } from './relay-tables.js';

/** The relay's ingest as it is, which may kill itself at a chosen moment. */
const { url, username, password, hurry, database, death } = argumentsOf<RelayArguments>();
const log = createLogger('relay', 'info');

const dies = (when: Death, batch: number) => {
  if (death?.when === when && batch >= death.batch) process.kill(process.pid, 'SIGKILL');
};

let acknowledgements = 0;

class MortalBus extends MqttMessageBus {
  override publish<N extends TopicName>(topic: N, names: TopicNames<N>, payload: Payload<N>) {
    if (topic === 'ack') dies('after the commit', ++acknowledgements);
    return super.publish(topic, names, payload);
  }
}

let batches = 0;

/** The rows of a batch are the last but one thing that is written before its commit. */
const mortality: KyselyPlugin = {
  transformQuery({ node }) {
    const table = node.kind === 'InsertQueryNode' ? node.into?.table.identifier.name : undefined;
    if (table === 'daily_label') dies('before the commit', ++batches);
    return node;
  },
  transformResult: async ({ result }) => result,
};

process.once('disconnect', () => process.exit());
const { db } = await openRelayTables(database);
const mortal: Kysely<RelayTables> = db.withPlugin(mortality);
const registry = new SiteRegistry(mortal, { admitUnknown: true }, log);
const bus = new MortalBus(
  {
    url,
    root: ROOT,
    clientId: `relay-${randomBytes(6).toString('hex')}`,
    username,
    password,
    protocolVersion: 5,
    receiveMaximum: MAX_PENDING,
    ...hurry,
  },
  log,
);
const ingest = new Ingest(bus, mortal, registry, log, { shareGroup: 'siteglass-relay' });
await registry.start();
await ingest.start();
await bus.start();
