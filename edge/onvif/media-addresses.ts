import { Cam } from 'onvif';
import { readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Device } from './discover-devices.js';
import type { DiscoverySettings } from './discovery-settings.js';

/** The addresses that a device reports for its images, or why it does not report them. */
export interface MediaAddresses {
  snapshot: string | undefined;
  stream: string | undefined;
  error: string | undefined;
}

type Callback = (error: Error | null, data?: { uri: string }) => void;

/** Requests the snapshot and stream URIs of a device's first profile. Connects only to the address that responded to the probe. */
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
    // Cameras have self-signed certificates. Only a digest is sent, and the response is only displayed.
    secureOpts: { rejectUnauthorized: false },
    timeout: deadlineMs,
    autoconnect: false,
    preserveAddress: true,
    ...(auth && { username: auth.username, password: readSecret(auth.password) }),
  });
  try {
    await callWithDeadline(deadlineMs, (callback) => device.connect(callback));
    const [snapshot, stream] = await Promise.all([
      callWithDeadline(deadlineMs, (callback) => device.getSnapshotUri(callback)).catch(
        () => undefined,
      ),
      callWithDeadline(deadlineMs, (callback) => device.getStreamUri(callback)).catch(
        () => undefined,
      ),
    ]);
    return { snapshot: addressOf(snapshot), stream: addressOf(stream), error: undefined };
  } catch (error) {
    return { snapshot: undefined, stream: undefined, error: messageOf(error) };
  }
}

/** The library never calls back for some responses, so each call has its own deadline. */
async function callWithDeadline(
  ms: number,
  call: (callback: Callback) => void,
): Promise<{ uri: string } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no valid response in time')), ms);
      call((error, data) => (error ? reject(error) : resolve(data)));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The address without the credentials that some cameras include. */
function addressOf(response: { uri: unknown } | undefined): string | undefined {
  const text = String(response?.uri ?? '');
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
