import type { RemoteInfo } from 'node:dgram';
import onvif from 'onvif';
import { z } from 'zod';
import type { DiscoverySettings } from './discovery-settings.js';

/** Answers taken in; what is beyond them is left out. */
const MAX_DEVICES = 256;

export interface Device {
  /** The address that the answer came from. */
  host: string;
  /** Where its device service is. */
  service: URL;
}

/** The part of an answer (WS-Discovery 1.0, ProbeMatches) that is used. */
const answerSchema = z.object({
  probeMatches: z.object({ probeMatch: z.object({ XAddrs: z.string().max(2048) }) }),
});

/**
 * The ONVIF devices that answer a probe on the local network. A service that a device claims to have at another
 * address than its own is left out: nothing is ever sent there.
 */
export async function discoverDevices(settings: DiscoverySettings): Promise<Device[]> {
  const found = new Map<string, Device>();
  const onDevice = (answer: object, { address }: RemoteInfo) => {
    const device = deviceOf(answer, address);
    if (device && found.size < MAX_DEVICES) found.set(device.service.href, device);
  };
  // What others send may be anything; it is the library that calls it an error.
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

function deviceOf(answer: unknown, host: string): Device | undefined {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const service = parsed.data.probeMatches.probeMatch.XAddrs.split(/\s+/)
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address))
    .find(({ hostname, protocol }) => hostname === host && /^https?:$/.test(protocol));
  return service && { host, service };
}
