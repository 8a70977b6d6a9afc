import { siteClientId } from '../../core/messaging/access-rules.js';
import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import { readSecret, readTextFile } from '../../core/runtime/configuration.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { EdgeConfig } from '../config.js';
import { createPublisher, type Published, type Publisher } from '../publishing/publisher.js';
import type { Outbox, OutboxBudget } from '../store/outbox.js';
import { OutboxTrimmer } from './outbox-trimmer.js';
import { Uplink } from './uplink.js';

/** All that goes over MQTT. */
export interface Reporting {
  bus: MqttMessageBus;
  publisher: Publisher;
  uplink: Uplink;
  services: Service[];
}

export interface ReportingOptions {
  site: string;
  mqtt: NonNullable<EdgeConfig['mqtt']>;
  outbox: Outbox;
  /** How the outbox is sent. */
  sending: Omit<EdgeConfig['outbox'], keyof OutboxBudget>;
  /** Tells the database's file from a copy of it. */
  identity: string;
  published: Published;
  log: Logger;
  clock: Clock;
  /** Gives 0 while the time cannot be trusted. */
  trustedClock: Clock;
}

/** Publications of live topics that may wait for the broker, beside the uplink's. */
const LIVE_IN_FLIGHT = 256;

export function createReporting(options: ReportingOptions): Reporting {
  const { site, mqtt, outbox, sending, identity, published, log, clock, trustedClock } = options;
  const names = { site };
  const bus = new MqttMessageBus(
    {
      url: mqtt.url,
      root: mqtt.root,
      clientId: siteClientId(site),
      username: mqtt.username,
      password: mqtt.password && readSecret(mqtt.password),
      ca: mqtt.caFile && readTextFile(mqtt.caFile),
      birth: { topic: 'siteAvailability', names, payload: 'online' },
      will: { topic: 'siteAvailability', names, payload: 'offline' },
      farewell: { topic: 'siteAvailability', names, payload: 'stopped' },
      maxInFlight: sending.window + LIVE_IN_FLIGHT,
    },
    log.child({ component: 'messaging' }),
    clock,
  );
  const publisher = createPublisher(published, { ...mqtt, connection: 'relay' }, bus);
  const settleOn = mqtt.settleOn === 'relay' ? 'ack' : 'puback';
  const room = log.child({ component: 'uplink' });
  const uplink = new Uplink(
    bus,
    outbox,
    { site, settleOn, identity, ...sending },
    room,
    trustedClock,
  );
  const keeper = new OutboxTrimmer(outbox, () => uplink.wake(), room);
  // Those that listen for a connection start before it; the last word is said while there still is one.
  const farewell: Service = { name: 'farewell', stop: () => publisher.live.farewell() };
  const services = [...publisher.services, keeper, uplink, bus, farewell];
  return { bus, publisher, uplink, services };
}
