import type { EdgeConfig } from '../config.js';
import { type Device, discoverDevices } from '../onvif/discover-devices.js';
import { type MediaAddresses, mediaAddresses } from '../onvif/media-addresses.js';

/** What prints for each device; other characters than these never reach the terminal. */
const UNPRINTABLE = /[^\x20-\x7e]/g;

/**
 * Lists the ONVIF cameras on the network. It runs apart from the service: whatever a device answers with, no camera
 * is left unwatched for it.
 */
export async function discoverCommand({ discovery }: EdgeConfig): Promise<string> {
  const devices = await discoverDevices(discovery);
  if (devices.length === 0) return 'No device answered.';
  const found = await Promise.all(
    devices.map(async (device) => describe(device, await mediaAddresses(device, discovery))),
  );
  return found.join('\n');
}

function describe({ host }: Device, { snapshot, stream, error }: MediaAddresses): string {
  const lines = error
    ? [`  it does not say where its pictures are: ${error}`]
    : [`  snapshot  ${snapshot ?? 'none'}`, `  stream    ${stream ?? 'none'}`];
  return [host, ...lines].map((line) => line.replace(UNPRINTABLE, '')).join('\n');
}
