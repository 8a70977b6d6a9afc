import { lanClientId, siteClientId } from '../../core/messaging/access-rules.js';
import type { BrokerTlsOptions } from '../../core/messaging/broker-tls.js';
import { EmbeddedBroker } from '../../core/messaging/embedded-broker.js';
import {
  MqttMessageBus,
  type MqttMessageBusOptions,
} from '../../core/messaging/mqtt-message-bus.js';
import { OwnMessages } from '../../core/messaging/own-messages.js';
import type { Clock } from '../../core/runtime/clock.js';
import { readSecret, readTextFile } from '../../core/runtime/configuration.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { EdgeConfig } from '../config.js';
import type { SiteHealth } from '../health/site-health.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { LanAccounts } from './lan-accounts.js';
import type { LanSettings } from './lan-settings.js';

/** The MQTT connections of the appliance, each with a client id of its own, since both may lead to one broker. */
export interface Connections {
  /** To the relay's broker; absent if none is configured. */
  relay: MqttMessageBus | undefined;
  /** To the LAN's broker; absent if none is configured. */
  lan: MqttMessageBus | undefined;
  /** The LAN's broker, if it is the embedded one. It starts before the connections and stops after them. */
  broker: EmbeddedBroker | undefined;
}

/** Unconfirmed publications of live topics at the relay's broker, besides the window of the uplink. */
const LIVE_IN_FLIGHT = 256;

/** Registers with `health` whether the brokers are connected. */
export function createConnections(
  { config, log, clock }: EdgeDependencies,
  health: SiteHealth,
  brokerTls: BrokerTlsOptions,
): Connections {
  const { site } = config;
  const connect = busesOf(site, clock);
  const messaging = log.child({ component: 'messaging' });
  const relay =
    config.mqtt &&
    connect(
      siteClientId(site),
      relayAccess(config.mqtt, config.outbox.window + LIVE_IN_FLIGHT),
      messaging,
    );
  const access = config.lan && lanAccess(site, config.lan, brokerTls, messaging);
  const lan =
    access && connect(lanClientId(site), access.options, messaging.child({ connection: 'lan' }));
  health.register(() => ({
    ...(relay && { relayConnected: relay.connected }),
    reasons: [...reasonsOf('MQTT broker', relay), ...reasonsOf('LAN broker', lan)],
  }));
  return { relay, lan, broker: access?.broker };
}

function reasonsOf(broker: string, bus: MqttMessageBus | undefined): string[] {
  if (!bus) return [];
  if (!bus.connected) return [`the ${broker} is not connected`];
  return bus.status().problems.map((problem) => `${broker}: ${problem}`);
}

type BrokerAccess = Pick<
  MqttMessageBusOptions,
  'url' | 'root' | 'username' | 'password' | 'ca' | 'fingerprint' | 'maxInFlight'
>;

/** Creates connections with birth, will and farewell, so that the broker always knows whether the site is online. */
const busesOf = (site: string, clock: Clock) => {
  const names = { site };
  const own = new OwnMessages();
  return (clientId: string, access: BrokerAccess, log: Logger) => {
    const options = {
      ...access,
      clientId,
      birth: { topic: 'siteAvailability', names, payload: 'online' },
      will: { topic: 'siteAvailability', names, payload: 'offline' },
      farewell: { topic: 'siteAvailability', names, payload: 'stopped' },
      watch: { site, own },
    } as const;
    return new MqttMessageBus(options, log, clock);
  };
};

function relayAccess(mqtt: NonNullable<EdgeConfig['mqtt']>, maxInFlight: number): BrokerAccess {
  return { root: mqtt.root, ...credentialsOf(mqtt), url: mqtt.url, maxInFlight, ...changing(mqtt) };
}

/** With the configured credentials, or the appliance's own at the embedded broker. */
function lanAccess(
  site: string,
  settings: LanSettings,
  tls: BrokerTlsOptions,
  log: Logger,
): { options: BrokerAccess; broker: EmbeddedBroker | undefined } {
  const { embedded, root } = settings;
  if (!embedded)
    return {
      options: { root, ...credentialsOf(settings), url: settings.url ?? '' },
      broker: undefined,
    };
  const { host, port, auth } = embedded;
  const accounts = new LanAccounts(site, embedded.accounts);
  const broker = new EmbeddedBroker(
    { host, port, root, accounts: auth === 'none' ? 'none' : accounts, tls },
    log,
  );
  // The appliance connects over loopback, whatever address the broker listens on.
  const url = () => broker.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  return { options: { root, url, ...accounts.own }, broker };
}

/** The password of an enrolled appliance is in a file, which is replaced while the program runs. */
function changing({ password: source }: Credentials): { password?: () => string } {
  if (typeof source !== 'object' || !('file' in source)) return {};
  let known = readSecret(source);
  const password = () => {
    try {
      known = readSecret(source);
    } catch {
      // The former one, until the file is readable again.
    }
    return known;
  };
  return { password };
}

type Credentials = Pick<LanSettings, 'username' | 'password' | 'caFile' | 'fingerprint'>;

const credentialsOf = ({ username, password, caFile, fingerprint }: Credentials) => ({
  username,
  password: password && readSecret(password),
  ca: caFile && readTextFile(caFile),
  fingerprint,
});
