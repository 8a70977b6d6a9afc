import { Cam } from 'onvif';
import { readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Device } from './discover-devices.js';
import type { DiscoverySettings } from './discovery-settings.js';

/** Where a device's pictures are, as it says; or why it does not say. */
export interface MediaAddresses {
  snapshot: string | undefined;
  stream: string | undefined;
  error: string | undefined;
}

type Callback = (error: Error | null, data?: { uri: string }) => void;

/** Asks a device for its first profile's snapshot and stream. Everything is asked of the address that answered the probe. */
export async function mediaAddresses(
  { service }: Device,
  { auth, timeoutSeconds }: DiscoverySettings,
): Promise<MediaAddresses> {
  const deadlineMs = timeoutSeconds * 1000;
  const isSecure = service.protocol === 'https:';
  const device = new Cam({
    hostname: service.hostname,
    port: Number(service.port) || (isSecure ? 443 : 80),
    path: service.pathname,
    useSecure: isSecure,
    // Cameras sign their own certificates. What is sent is a digest, and what comes back is only shown.
    secureOpts: { rejectUnauthorized: false },
    timeout: deadlineMs,
    autoconnect: false,
    preserveAddress: true,
    ...(auth && { username: auth.username, password: readSecret(auth.password) }),
  });
  try {
    await called(deadlineMs, (callback) => device.connect(callback));
    const [snapshot, stream] = await Promise.all([
      called(deadlineMs, (callback) => device.getSnapshotUri(callback)).catch(() => undefined),
      called(deadlineMs, (callback) => device.getStreamUri(callback)).catch(() => undefined),
    ]);
    return { snapshot: addressIn(snapshot), stream: addressIn(stream), error: undefined };
  } catch (error) {
    return { snapshot: undefined, stream: undefined, error: messageOf(error) };
  }
}

/** The library never calls back for some answers, so each call has a deadline here. */
async function called(
  ms: number,
  call: (callback: Callback) => void,
): Promise<{ uri: string } | undefined> {
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      late = setTimeout(() => reject(new Error('no usable answer in time')), ms);
      call((error, data) => (error ? reject(error) : resolve(data)));
    });
  } finally {
    clearTimeout(late);
  }
}

/** An address without the credentials that some cameras put into it. */
function addressIn(answer: { uri: unknown } | undefined): string | undefined {
  const text = String(answer?.uri ?? '');
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
