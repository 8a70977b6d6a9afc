import { announcesItself, type Device, discoverDevices } from './discover-devices.js';
import type { DiscoverySettings } from './discovery-settings.js';
import { type MediaAddress, mediaAddresses } from './media-addresses.js';

/** An address of a camera, or why there is none. */
export interface FoundAddress {
  url: string | null;
  fault: string | null;
}

/** A camera that responded, as JSON has it. */
export interface FoundCamera {
  host: string;
  announced: string[];
  name: string | null;
  model: string | null;
  snapshot: FoundAddress;
  stream: FoundAddress;
  note: string | null;
}

const NOT_ASKED = 'it was not asked';

/** The ONVIF cameras on the network, with their addresses. An address that names another host has that of the response. */
export async function findCameras(settings: DiscoverySettings): Promise<FoundCamera[]> {
  const devices = await discoverDevices(settings);
  return Promise.all(devices.map((device) => described(device, settings)));
}

async function described(device: Device, settings: DiscoverySettings): Promise<FoundCamera> {
  const { host, announced, service, name = null, model = null } = device;
  const media = service && (await mediaAddresses(service, settings));
  return {
    ...{ host, announced, name, model },
    snapshot: media ? addressAt(host, media.snapshot) : { url: null, fault: NOT_ASKED },
    stream: media ? addressAt(host, media.stream) : { url: null, fault: NOT_ASKED },
    note: noteOn(device),
  };
}

function addressAt(host: string, address: MediaAddress): FoundAddress {
  if ('error' in address) return { url: null, fault: address.error };
  const { href, hostname } = address.url;
  return { url: hostname === host ? href : href.replace(hostname, host), fault: null };
}

function noteOn(device: Device): string | null {
  const { host, announced, service } = device;
  if (announced.length === 0) return 'It announces no address, so it was not asked.';
  if (announcesItself(device)) return null;
  return service
    ? `It announces another address than ${host}, where it responded from.`
    : 'It announces an address that another device has, so it was not asked.';
}
