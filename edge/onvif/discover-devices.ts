import type { DiscoverySettings } from './discovery-settings.js';
import { type ProbeResponse, probe } from './probe.js';

/** Further devices are ignored. */
const MAX_DEVICES = 256;
const MAX_MATCHES = 16;
const MAX_ADDRESSES = 2_048;
const MAX_SCOPES = 4_096;

export interface Device {
  /** The address that the response came from. */
  host: string;
  /** The addresses that it announces for its device service, as it wrote them. */
  announced: string[];
  /** Where its device service is asked: always at `host`. Undefined if it is not to be asked. */
  service: URL | undefined;
  /** As it announces itself; absent if it does not. */
  name?: string;
  model?: string;
}

/**
 * The ONVIF devices that respond to a probe on the local network; a response can name several. A device that announces
 * another address than it responds from, as one from the factory, is asked at the port and path that it announces, at the
 * address that it responds from: nothing is ever sent elsewhere.
 */
export async function discoverDevices(settings: DiscoverySettings): Promise<Device[]> {
  const responses = await probe(settings.interface, settings.timeoutSeconds * 1000);
  const found = new Map<string, Device>();
  for (const device of responses.flatMap(devicesIn))
    if (found.size < MAX_DEVICES) found.set(`${device.host} ${device.announced.join(' ')}`, device);
  return withoutSharedServices([...found.values()]);
}

/** The devices of a response (WS-Discovery 1.0, ProbeMatches); none if it is malformed. */
export function devicesIn({ host, text }: ProbeResponse): Device[] {
  const matches = text.split(/<(?:[\w-]+:)?ProbeMatch[\s>]/).slice(1, MAX_MATCHES + 1);
  return matches.map((match) => {
    const [, addresses = ''] = /<(?:[\w-]+:)?XAddrs[^<>]*>([^<]*)</.exec(match) ?? [];
    const announced = unescaped(addresses.slice(0, MAX_ADDRESSES)).split(/\s+/).filter(Boolean);
    return { host, announced, service: serviceAt(host, announced), ...identityIn(match) };
  });
}

/** Name and model in the scopes of a device (ONVIF Core, section 7.3.2.2). */
function identityIn(match: string): Pick<Device, 'name' | 'model'> {
  const [, scopes = ''] = /<(?:[\w-]+:)?Scopes[^<>]*>([^<]*)</.exec(match) ?? [];
  const all = scopes.slice(0, MAX_SCOPES).split(/\s+/);
  const scopeValue = (key: string) => {
    const prefix = `onvif://www.onvif.org/${key}/`;
    const value = all.find((scope) => scope.startsWith(prefix))?.slice(prefix.length);
    return value === undefined ? undefined : plain(value);
  };
  const [name, model] = [scopeValue('name'), scopeValue('hardware')];
  return { ...(name && { name }), ...(model && { model }) };
}

/** Text that a page may show. */
function plain(text: string): string {
  let decoded = text;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    // It stays as it came.
  }
  return decoded
    .replace(/[^\p{L}\p{N} ._()/-]/gu, '')
    .slice(0, 64)
    .trim();
}

function serviceAt(host: string, announced: string[]): URL | undefined {
  const urls = announced
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address))
    .filter(({ protocol }) => /^https?:$/.test(protocol));
  const service = urls.find(({ hostname }) => hostname === host) ?? urls[0];
  if (!service) return undefined;
  service.hostname = host;
  service.username = '';
  service.password = '';
  return service;
}

/** Of several devices that would be asked at one address, the one that announces it is asked, or the first. */
function withoutSharedServices(devices: Device[]): Device[] {
  const owners = new Map<string, Device>();
  for (const device of [...devices.filter(announcesItself), ...devices])
    if (device.service && !owners.has(device.service.href)) owners.set(device.service.href, device);
  return devices.map((device) =>
    device.service && owners.get(device.service.href) !== device
      ? { ...device, service: undefined }
      : device,
  );
}

/** Whether a device announces the address where it is asked. */
export const announcesItself = ({ announced, service }: Device): boolean =>
  announced.some((address) => URL.canParse(address) && new URL(address).href === service?.href);

const ENTITIES = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }));
const unescaped = (text: string) =>
  text.replace(/&(\w+);/g, (all, name: string) => ENTITIES.get(name) ?? all);
