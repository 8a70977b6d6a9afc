import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { connectionFault, DownloadError } from './download-error.js';
import { basicAuthorization, type ProxyVariables, proxyFor } from './proxy.js';

export interface OpenOptions {
  headers: Record<string, string>;
  /** Time for a connection and the head of the response, of each request. */
  connectMs: number;
  proxies: ProxyVariables;
  signal: AbortSignal;
}

export interface Opened {
  response: IncomingMessage;
  /** Where the redirects led. */
  url: URL;
}

const MAX_REDIRECTS = 8;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Requests a URL and follows redirects, never from HTTPS to HTTP. The user and password in the URL go to its own origin
 * only. Throws DownloadError.
 */
export async function openUrl(start: URL, options: OpenOptions): Promise<Opened> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const response = await open(url, start, options);
    if (!REDIRECTS.has(response.statusCode ?? 0)) return { response, url };
    response.destroy();
    if (redirects === MAX_REDIRECTS)
      throw new DownloadError(
        'redirect',
        `${start.host} redirects more than ${MAX_REDIRECTS} times`,
      );
    url = redirected(url, response.headers.location);
  }
}

function redirected(from: URL, location: string | undefined): URL {
  const refuse = (why: string) =>
    new DownloadError('redirect', `${from.host} redirects ${why}, which is not followed`);
  if (location === undefined) throw refuse('without a location');
  if (!URL.canParse(location, from.href)) throw refuse('to an address that is no URL');
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw refuse(`to ${to.protocol}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refuse('from HTTPS to HTTP');
  return to;
}

async function open(url: URL, start: URL, options: OpenOptions): Promise<IncomingMessage> {
  const { connectMs } = options;
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DownloadError('unreachable', `${url.host} does not answer`, TEMPORARY)),
    connectMs,
  );
  const abort = () => late.abort(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    options.signal.throwIfAborted();
    return await send(url, start, options, late.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    late.signal.throwIfAborted();
    throw connectionFault(error, url.host);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
  }
}

const TEMPORARY = { isTemporary: true };

async function send(
  url: URL,
  start: URL,
  { headers, proxies }: OpenOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const proxy = proxyFor(url, proxies);
  const authorization = url.origin === start.origin ? basicAuthorization(start) : undefined;
  const own = { ...headers, ...(authorization && { Authorization: authorization }) };
  const isSecure = url.protocol === 'https:';
  if (!proxy) return responseOf(isSecure, { ...target(url), headers: own, agent: false }, signal);
  const toProxy = proxyHeaders(proxy);
  if (!isSecure) {
    const { host, pathname, search } = url;
    const path = `http://${host}${pathname}${search}`;
    const all = { ...own, ...toProxy, Host: host };
    return responseOf(false, { ...target(proxy), path, headers: all, agent: false }, signal);
  }
  const tunnel = await tunnelThrough(proxy, url, toProxy, signal);
  const { host } = target(url);
  const createConnection = () =>
    tlsConnect({ socket: tunnel, host, ...(isIP(host) === 0 && { servername: host }) });
  return responseOf(true, { ...target(url), headers: own, createConnection }, signal);
}

/** Without the user and password, which Node would send as they are. */
const target = ({ protocol, hostname, port, pathname, search }: URL) => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  ...(port && { port }),
  path: `${pathname}${search}`,
  protocol,
});

const proxyHeaders = (proxy: URL): Record<string, string> => {
  const authorization = basicAuthorization(proxy);
  return authorization ? { 'Proxy-Authorization': authorization } : {};
};

function responseOf(
  isSecure: boolean,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)({ ...options, signal });
    // Not once: Node reports an error of the body here as well.
    request.once('response', resolve).on('error', reject).end();
  });
}

/** A connection to the URL's host by way of an HTTP proxy (RFC 9110, 9.3.6). */
function tunnelThrough(
  proxy: URL,
  { hostname, port }: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Socket> {
  const isSecure = proxy.protocol === 'https:';
  const authority = `${hostname}:${port || 443}`;
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)({
      ...target(proxy),
      method: 'CONNECT',
      path: authority,
      headers: { ...headers, Host: authority },
      agent: false,
      signal,
    });
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      const text = `the proxy ${proxy.host} refused to connect to ${authority} (status ${statusCode})`;
      reject(new DownloadError('refused', text));
    });
    request.on('error', (error) => reject(connectionFault(error, proxy.host)));
    request.end();
  });
}
