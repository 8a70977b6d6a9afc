import type { EdgeConfig } from '../config.js';
import { announcesItself, type Device, discoverDevices } from '../onvif/discover-devices.js';
import {
  type MediaAddress,
  type MediaAddresses,
  mediaAddresses,
} from '../onvif/media-addresses.js';

/** Characters that devices may not send to the terminal. */
const UNPRINTABLE = /[^\x20-\x7e]/g;

/**
 * Lists the ONVIF cameras on the network. It runs in a process of its own, so that an invalid response cannot affect
 * the service.
 */
export async function discoverCommand({ discovery }: EdgeConfig): Promise<string> {
  const devices = await discoverDevices(discovery);
  if (devices.length === 0) return 'No ONVIF device responded.';
  const found = await Promise.all(
    devices.map(async (device) =>
      describe(device, device.service && (await mediaAddresses(device.service, discovery))),
    ),
  );
  return found.join('\n');
}

function describe(device: Device, media: MediaAddresses | undefined): string {
  const lines = [device.host, ...announcement(device), ...(media ? mediaLines(device, media) : [])];
  return lines.map((line) => line.replace(UNPRINTABLE, '')).join('\n');
}

/** What a device announces, unless it is where it responds from. */
function announcement(device: Device): string[] {
  const { announced, service } = device;
  if (announced.length === 0) return ['  not asked: it announces no address'];
  if (announcesItself(device)) return [];
  const addresses = announced.join(' ');
  return service
    ? [`  announces ${addresses}; asked at ${service.host}, where it responded from`]
    : [`  announces ${addresses}; not asked: it is not where it responded from`];
}

function mediaLines({ host }: Device, { snapshot, stream }: MediaAddresses): string[] {
  if ('error' in snapshot && 'error' in stream && snapshot.error === stream.error)
    return [`  addresses unknown: ${snapshot.error}`];
  return [`  snapshot  ${mediaText(host, snapshot)}`, `  stream    ${mediaText(host, stream)}`];
}

/** A media address, with where to find it if it names another host. */
function mediaText(host: string, address: MediaAddress): string {
  if ('error' in address) return address.error === 'none' ? 'none' : `none: ${address.error}`;
  const { href, hostname } = address.url;
  if (hostname === host) return href;
  const here = href.replace(hostname, host);
  return `${href} (another address; try ${here})`;
}
