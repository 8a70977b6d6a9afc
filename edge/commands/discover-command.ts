import type { EdgeConfig } from '../config.js';
import { type Device, discoverDevices } from '../onvif/discover-devices.js';
import { type MediaAddresses, mediaAddresses } from '../onvif/media-addresses.js';

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
    devices.map(async (device) => describe(device, await mediaAddresses(device, discovery))),
  );
  return found.join('\n');
}

function describe({ host }: Device, { snapshot, stream, error }: MediaAddresses): string {
  const lines = error
    ? [`  addresses unknown: ${error}`]
    : [`  snapshot  ${snapshot ?? 'none'}`, `  stream    ${stream ?? 'none'}`];
  return [host, ...lines].map((line) => line.replace(UNPRINTABLE, '')).join('\n');
}
