import { StartError } from '../runtime/errors.js';

export interface BrokerAddress {
  protocol: 'mqtt' | 'mqtts';
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  /** For logs: without credentials. */
  label: string;
}

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 };

/** Parses `mqtt://[user:password@]host[:port]` or `mqtts://…`. Errors never quote the URL, which may contain a password. */
export function parseBrokerUrl(text: string): BrokerAddress {
  if (!URL.canParse(text)) throw new StartError('the MQTT broker URL is malformed');
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  if ((protocol !== 'mqtt' && protocol !== 'mqtts') || !url.hostname)
    throw new StartError('the MQTT broker URL must read mqtt://HOST:PORT or mqtts://HOST:PORT');
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    label: `${protocol}://${url.hostname}:${port}`,
  };
}
