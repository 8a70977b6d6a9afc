import { EmbeddedBroker } from '../../../core/messaging/embedded-broker.js';
import { log, ROOT } from '../../support/delivery-fixtures.js';
import { argumentsOf } from '../faults/protocol.js';
import type { BrokerArguments } from './protocol.js';

const { port } = argumentsOf<BrokerArguments>();
await new EmbeddedBroker({ host: '127.0.0.1', port, root: ROOT, accounts: 'none' }, log).start();
process.once('disconnect', () => process.exit());
