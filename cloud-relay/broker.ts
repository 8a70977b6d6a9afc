import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { EmbeddedBroker } from '../core/messaging/embedded-broker.js';
import { MqttMessageBus } from '../core/messaging/mqtt-message-bus.js';
import { readSecret, readTextFile } from '../core/runtime/configuration.js';
import type { Service } from '../core/runtime/lifecycle.js';
import type { Logger } from '../core/runtime/logger.js';
import type { RelayConfig } from './config.js';
import { type FixedAccount, SiteAccounts } from './fleet/site-accounts.js';
import { MAX_PENDING } from './ingest/ingest.js';
import type { RelayTables } from './store/relay-tables.js';

/** The relay's connection to its broker, and the broker itself where it is embedded. */
export interface RelayBroker {
  bus: MqttMessageBus;
  embedded: EmbeddedBroker | undefined;
  /** Whether only provisioned sites can publish, so that whoever does is known. */
  hasAccounts: boolean;
  /** The shared subscription that divides the stream among relays, where there may be several. */
  shareGroup: string | undefined;
  services: Service[];
}

const RELAY_ACCOUNT = 'siteglass-relay';

export function createRelayBroker(
  { mqtt }: RelayConfig,
  db: Kysely<RelayTables>,
  log: Logger,
): RelayBroker {
  const busLog = log.child({ room: 'messaging' });
  const clientId = `relay-${randomBytes(6).toString('hex')}`;
  if ('external' in mqtt) {
    const { url, username, password, caFile, shareGroup } = mqtt.external;
    const bus = new MqttMessageBus(
      {
        url,
        root: mqtt.root,
        clientId,
        username,
        password: password && readSecret(password),
        ca: caFile && readTextFile(caFile),
        protocolVersion: 5,
        receiveMaximum: MAX_PENDING,
      },
      busLog,
    );
    return { bus, embedded: undefined, hasAccounts: false, shareGroup, services: [bus] };
  }
  const { host, port, auth, readers } = mqtt.embedded;
  // The relay's own password lives as long as the process and is known to nobody else.
  const own = { username: RELAY_ACCOUNT, password: randomBytes(24).toString('base64url') };
  const fixed: FixedAccount[] = [
    { ...own, account: { role: 'relay' } },
    ...readers.map(({ username, password }) => ({
      username,
      password: readSecret(password),
      account: { role: 'reader' as const },
    })),
  ];
  const embedded = new EmbeddedBroker(
    {
      host,
      port,
      root: mqtt.root,
      accounts: auth === 'none' ? 'none' : new SiteAccounts(db, fixed),
    },
    log.child({ room: 'broker' }),
  );
  const bus = new MqttMessageBus(
    { url: () => embedded.url, root: mqtt.root, clientId, ...own },
    busLog,
  );
  return {
    bus,
    embedded,
    hasAccounts: auth === 'accounts',
    shareGroup: undefined,
    services: [embedded, bus],
  };
}
