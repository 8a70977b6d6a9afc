import type { BackoffRange } from './backoff.js';
import type { Publication } from './message-bus.js';
import type { OwnMessages } from './own-messages.js';

export interface MqttMessageBusOptions {
  /** `mqtt://HOST:PORT` or `mqtts://…`; a function is called when the bus starts. */
  url: string | (() => string);
  /** Levels above the topics of the map. */
  root: string;
  /** Unique at the broker: a second connection with the same id ends the first. */
  clientId: string;
  username?: string | undefined;
  /** A function is called for each connection: the password may change in the meantime. */
  password?: string | (() => string) | undefined;
  /** Certificate authorities to trust instead of the system's, as PEM. */
  ca?: string | undefined;
  /** SHA-256 of the broker's certificate or of its authority, instead of authorities that are trusted. */
  fingerprint?: string | undefined;
  /** Published after every connection, before the listeners of `onConnect` are called. */
  birth?: Publication;
  /** Published by the broker when the connection breaks. */
  will?: Publication;
  /** Published on a clean stop. */
  farewell?: Publication;
  /** Watches the site's retained messages at the broker, and publishes them again if another client changes them. */
  watch?: {
    site: string;
    /** Shared by all connections of the program. */
    own: OwnMessages;
  };
  /** 4 (MQTT 3.1.1) by default, which the embedded broker speaks; shared subscriptions need 5. */
  protocolVersion?: 4 | 5;
  /** Unconfirmed messages that the broker may send at once (MQTT 5 only). */
  receiveMaximum?: number;
  keepaliveSeconds?: number;
  connectTimeoutMs?: number;
  /** The time that the broker has to confirm subscriptions and the birth message. */
  handshakeMs?: number;
  backoff?: BackoffRange;
  /** Unconfirmed publications beyond this are refused. */
  maxInFlight?: number;
}
