const DEFAULT_PORT = 554;

/** Where credentials may go: a host and a port, and nothing else. */
export interface RtspOrigin {
  host: string;
  port: number;
}

/** Undefined if it is no address of RTSP, or has credentials in it. */
export function originOf(url: string): RtspOrigin | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== 'rtsp:' || hostname === '' || username !== '' || password !== '')
    return undefined;
  return {
    host: hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
  };
}

export const isSameOrigin = (a: RtspOrigin, b: RtspOrigin | undefined): boolean =>
  a.host === b?.host && a.port === b.port;

/** `rtsp://host:port`. */
export const originText = ({ host, port }: RtspOrigin): string =>
  `rtsp://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Path and query as they are written, which cameras compare. */
export const pathOf = (url: string): string => url.replace(/^rtsp:\/\/[^/?#]*/i, '');
