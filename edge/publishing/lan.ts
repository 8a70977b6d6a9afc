import { siteClientId } from '../../core/messaging/access-rules.js';
import { EmbeddedBroker } from '../../core/messaging/embedded-broker.js';
import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import { readSecret, readTextFile } from '../../core/runtime/configuration.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LanAccounts } from './lan-accounts.js';
import type { LanSettings } from './lan-settings.js';
import { createPublisher, type Published, type Publisher } from './publisher.js';

/** The connection to the LAN's broker, and that broker where it is the embedded one. */
export interface Lan {
  bus: MqttMessageBus;
  broker: EmbeddedBroker | undefined;
  publisher: Publisher;
  services: Service[];
}

export function createLan(published: Published, settings: LanSettings): Lan {
  const { site, log, clock } = published;
  const { broker, access } = brokerOf(published, settings);
  const names = { site };
  const bus = new MqttMessageBus(
    {
      ...access,
      root: settings.root,
      clientId: siteClientId(site),
      birth: { topic: 'siteAvailability', names, payload: 'online' },
      will: { topic: 'siteAvailability', names, payload: 'offline' },
      farewell: { topic: 'siteAvailability', names, payload: 'stopped' },
    },
    log.child({ component: 'messaging', connection: 'lan' }),
    clock,
  );
  const publisher = createPublisher(published, { ...settings, connection: 'lan' }, bus);
  const farewell: Service = { name: 'farewell', stop: () => publisher.live.farewell() };
  const services = [...(broker ? [broker] : []), ...publisher.services, bus, farewell];
  return { bus, broker, publisher, services };
}

/** How the bus gets in: with the configured credentials, or the appliance's own at the embedded broker. */
function brokerOf({ site, log }: Published, settings: LanSettings) {
  const { embedded, root } = settings;
  if (!embedded) {
    const { url = '', username, password, caFile } = settings;
    const secret = password && readSecret(password);
    const access = { url, username, password: secret, ca: caFile && readTextFile(caFile) };
    return { broker: undefined, access };
  }
  const { host, port, auth } = embedded;
  const accounts = new LanAccounts(site, embedded.accounts);
  const broker = new EmbeddedBroker(
    { host, port, root, accounts: auth === 'none' ? 'none' : accounts },
    log.child({ component: 'messaging' }),
  );
  // Whatever address it listens on, this one is near.
  const url = () => broker.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  return { broker, access: { url, ...accounts.own } };
}
