import type { IClientOptions } from 'mqtt';
import type { BrokerAddress } from './broker-url.js';
import type { OutgoingMessage } from './mqtt-message.js';

/** What one connection to a broker needs besides the address. */
export interface ClientSettings {
  clientId: string;
  username?: string | undefined;
  password?: string | (() => string) | undefined;
  /** Certificate authorities to trust instead of the system's, as PEM. */
  ca?: string | undefined;
  /** SHA-256 of the broker's certificate or of its authority, instead of authorities that are trusted. */
  fingerprint?: string | undefined;
  will?: OutgoingMessage | undefined;
  protocolVersion: 4 | 5;
  receiveMaximum: number | undefined;
  keepaliveSeconds: number;
  connectTimeoutMs: number;
}

/** The settings as mqtt.js takes them: a clean session, without its own reconnecting and queues. */
export function clientOptions(
  { protocol, host, port, ...credentials }: BrokerAddress,
  settings: ClientSettings,
): IClientOptions {
  const { will, protocolVersion, receiveMaximum } = settings;
  return {
    protocol,
    host,
    port,
    clientId: settings.clientId,
    username: settings.username ?? credentials.username,
    password:
      typeof settings.password === 'function'
        ? settings.password()
        : (settings.password ?? credentials.password),
    ca: settings.ca,
    will: will && { ...will, payload: Buffer.from(will.payload) },
    keepalive: settings.keepaliveSeconds,
    connectTimeout: settings.connectTimeoutMs,
    protocolVersion,
    ...(protocolVersion === 5 && receiveMaximum && { properties: { receiveMaximum } }),
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
}
