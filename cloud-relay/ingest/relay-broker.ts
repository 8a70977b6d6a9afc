import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { BrokerTlsOptions } from '../../core/messaging/broker-tls.js';
import { EmbeddedBroker } from '../../core/messaging/embedded-broker.js';
import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import { readSecret, readTextFile } from '../../core/runtime/configuration.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { type Logger, silentLogger } from '../../core/runtime/logger.js';
import type { RelayConfig } from '../config.js';
import type { BrokerAccountStore } from '../fleet/broker-account-store.js';
import { DynamicSecurity } from '../fleet/dynamic-security.js';
import { MosquittoAccounts } from '../fleet/mosquitto-accounts.js';
import { OverlappingAccounts } from '../fleet/overlapping-accounts.js';
import type { FixedAccount } from '../fleet/site-accounts.js';
import type { RelayTables } from '../store/relay-tables.js';
import { MAX_PENDING } from './ingest.js';

/** The relay's connection to its broker, and the broker itself if it is embedded. */
export interface RelayBroker {
  bus: MqttMessageBus;
  embedded: EmbeddedBroker | undefined;
  /** Whether only provisioned sites can publish. */
  hasAccounts: boolean;
  /** User names of accounts that do not belong to a site: a site with such a name could not sign in. */
  fixedNames: string[];
  /** The external broker's store of accounts, if the relay may write it. */
  accounts: BrokerAccountStore | undefined;
  /** The shared subscription that divides the records among relays, if there may be several. */
  shareGroup: string | undefined;
  services: Service[];
}

const RELAY_ACCOUNT = 'siteglass-relay';

export function createRelayBroker(
  { mqtt }: RelayConfig,
  db: Kysely<RelayTables>,
  log: Logger,
  clock: Clock,
  tls?: BrokerTlsOptions,
): RelayBroker {
  const busLog = log.child({ component: 'messaging' });
  const clientId = `relay-${randomBytes(6).toString('hex')}`;
  if ('external' in mqtt) return externalBroker(mqtt.root, mqtt.external, clientId, log, busLog);
  const { host, port, auth, readers } = mqtt.embedded;
  // The relay's own password exists only in this process.
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
      accounts: auth === 'none' ? 'none' : new OverlappingAccounts(db, fixed, clock),
      ...(tls && { tls }),
    },
    log.child({ component: 'broker' }),
  );
  const bus = new MqttMessageBus(
    { url: () => embedded.url, root: mqtt.root, clientId, ...own },
    busLog,
  );
  return {
    bus,
    embedded,
    hasAccounts: auth === 'accounts',
    fixedNames: auth === 'accounts' ? fixed.map(({ username }) => username) : [],
    accounts: undefined,
    shareGroup: undefined,
    services: [embedded, bus],
  };
}

type External = Extract<RelayConfig['mqtt'], { external: unknown }>['external'];

function externalBroker(
  root: string,
  external: External,
  clientId: string,
  log: Logger,
  busLog: Logger,
): RelayBroker {
  const { url, username, password, caFile, fingerprint, shareGroup, dynamicSecurity } = external;
  const own = { username, password: password && readSecret(password) };
  const ca = caFile && readTextFile(caFile);
  const bus = new MqttMessageBus(
    {
      ...{ url, root, clientId, ...own, ca, fingerprint },
      ...{ protocolVersion: 5, receiveMaximum: MAX_PENDING },
    },
    busLog,
  );
  const common = { bus, embedded: undefined, fixedNames: [], shareGroup };
  if (!dynamicSecurity || !own.username || !own.password)
    return { ...common, hasAccounts: false, accounts: undefined, services: [bus] };
  const accounts = mosquittoAccounts(root, external, log);
  return { ...common, hasAccounts: true, accounts, services: [accounts, bus] };
}

/** The accounts at an external broker, with its administrator's. */
function mosquittoAccounts(
  root: string,
  { url, username = '', password = '', caFile, fingerprint, dynamicSecurity }: External,
  log: Logger,
): MosquittoAccounts {
  const { username: administrator, password: secret } = dynamicSecurity ?? {
    username: '',
    password: '',
  };
  return new MosquittoAccounts(
    new DynamicSecurity({
      url,
      username: administrator,
      password: readSecret(secret),
      ca: caFile && readTextFile(caFile),
      fingerprint,
    }),
    { root, username, password: readSecret(password) },
    log.child({ component: 'fleet' }),
  );
}

/** For a command: whether the relay manages the accounts of sites, and the broker's store of them if it has one. */
export function brokerAccounts({ mqtt }: RelayConfig): {
  hasAccounts: boolean;
  accounts?: BrokerAccountStore;
  fixedNames: string[];
} {
  if ('embedded' in mqtt) {
    const names = mqtt.embedded.readers.map(({ username }) => username);
    return {
      hasAccounts: mqtt.embedded.auth === 'accounts',
      fixedNames: [RELAY_ACCOUNT, ...names],
    };
  }
  if (!mqtt.external.dynamicSecurity) return { hasAccounts: false, fixedNames: [] };
  const accounts = mosquittoAccounts(mqtt.root, mqtt.external, silentLogger());
  return { hasAccounts: true, accounts, fixedNames: [] };
}
