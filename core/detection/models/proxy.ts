/** The usual variables that name a proxy: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in capitals or not. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, or undefined for a direct connection. Throws TypeError if a variable is no URL. */
export function proxyFor(url: URL, variables: ProxyVariables): URL | undefined {
  const read = (name: string) => variables[name.toLowerCase()] || variables[name];
  const proxy = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy || isExempt(url, read('NO_PROXY') ?? '')) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

/** Whether a list of host names, domains and `*` has the URL's host. A port in an entry must be the URL's. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const usedPort = port || (protocol === 'https:' ? '443' : '80');
  const host = hostname.replace(/^\[|\]$/g, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, entryPort] = /^([^:]*|\[.*\]):(\d+)$/.exec(entry) ?? [];
      if (entryPort !== undefined && entryPort !== usedPort) return false;
      const domain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

/** The value of `Authorization` or `Proxy-Authorization` for the user and password in a URL. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
