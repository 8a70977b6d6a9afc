import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Whether an address is that of a proxy whose X-Forwarded-For is believed. */
export type IsProxy = (address: string) => boolean;

export const noProxies: IsProxy = () => false;
export const anyProxy: IsProxy = () => true;

/** The address of a request's client. Of X-Forwarded-For, only the last one comes from the proxy. */
export function clientAddressOf(request: IncomingMessage, isProxy: IsProxy): string {
  const peer = request.socket.remoteAddress ?? '';
  const header = isProxy(peer) ? request.headers['x-forwarded-for'] : undefined;
  if (!header) return peer;
  const list = Array.isArray(header) ? header.join(',') : header;
  const last = list.slice(list.lastIndexOf(',') + 1).trim();
  return isIP(last) === 0 ? peer : last;
}
