import type { RemoteInfo } from 'node:dgram';
import onvif from 'onvif';
import { z } from 'zod';
import type { DiscoverySettings } from './discovery-settings.js';

/** Further devices are ignored. */
const MAX_DEVICES = 256;

export interface Device {
  /** The address that the response came from. */
  host: string;
  /** The URL of its device service. */
  service: URL;
}

/** The part of a response (WS-Discovery 1.0, ProbeMatches) that is used. */
const responseSchema = z.object({
  probeMatches: z.object({ probeMatch: z.object({ XAddrs: z.string().max(2048) }) }),
});

/**
 * The ONVIF devices that respond to a probe on the local network. A service at another address than the device's own
 * is ignored: nothing is ever sent there.
 */
export async function discoverDevices(settings: DiscoverySettings): Promise<Device[]> {
  const found = new Map<string, Device>();
  const onDevice = (response: object, { address }: RemoteInfo) => {
    const device = deviceOf(response, address);
    if (device && found.size < MAX_DEVICES) found.set(device.service.href, device);
  };
  // The library emits an error for any malformed packet on the network.
  const onError = () => undefined;
  onvif.Discovery.on('device', onDevice).on('error', onError);
  try {
    await new Promise<void>((resolve) => {
      const device = settings.interface;
      const options = { timeout: settings.timeoutSeconds * 1000, resolve: false };
      onvif.Discovery.probe({ ...options, ...(device && { device }) }, () => resolve());
    });
  } finally {
    onvif.Discovery.off('device', onDevice).off('error', onError);
  }
  return [...found.values()];
}

function deviceOf(response: unknown, host: string): Device | undefined {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return undefined;
  const service = parsed.data.probeMatches.probeMatch.XAddrs.split(/\s+/)
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address))
    .find(({ hostname, protocol }) => hostname === host && /^https?:$/.test(protocol));
  return service && { host, service };
}
