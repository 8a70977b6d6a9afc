import { Cam } from 'onvif';
import { readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { DiscoverySettings } from './discovery-settings.js';

/** An address that a device reports, or why it reports none. */
export type MediaAddress = { url: URL } | { error: string };

export interface MediaAddresses {
  snapshot: MediaAddress;
  stream: MediaAddress;
}

type Callback<T> = (error: Error | null, data?: T) => void;

/** Requests the snapshot and stream URIs of a device's first profile. Connects only to `service`. */
export async function mediaAddresses(
  service: URL,
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
  const call = <T>(method: (callback: Callback<T>) => void) => callWithDeadline(deadlineMs, method);
  try {
    // The library makes its tokens with the clock of the device.
    await call((callback) => device.getSystemDateAndTime(callback));
    await call((callback) => device.getServices(true, callback)).catch(() =>
      call((callback) => device.getCapabilities(callback)),
    );
    await call((callback) => device.getProfiles(callback));
  } catch (error) {
    const failure = { error: messageOf(error) };
    return { snapshot: failure, stream: failure };
  }
  // The library's own choice fails for a profile without an encoder.
  const profileToken = tokenOf(device.profiles);
  if (profileToken === undefined) {
    const failure = { error: 'it has no media profile' };
    return { snapshot: failure, stream: failure };
  }
  const options = { profileToken };
  const [snapshot, stream] = await Promise.all([
    addressOf(call<{ uri: string }>((callback) => device.getSnapshotUri(options, callback))),
    addressOf(call<{ uri: string }>((callback) => device.getStreamUri(options, callback))),
  ]);
  return { snapshot, stream };
}

/** The token of a profile with an encoder, or of any. */
function tokenOf(profiles: unknown): string | undefined {
  const all = (Array.isArray(profiles) ? profiles : []) as {
    $?: { token?: unknown };
    videoEncoderConfiguration?: unknown;
  }[];
  const profile = all.find((some) => some?.videoEncoderConfiguration !== undefined) ?? all[0];
  const token = profile?.$?.token;
  return typeof token === 'string' ? token : undefined;
}

/** The library never calls back for some responses, so each call has its own deadline. */
async function callWithDeadline<T>(
  ms: number,
  call: (callback: Callback<T>) => void,
): Promise<T | undefined> {
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
async function addressOf(response: Promise<{ uri: unknown } | undefined>): Promise<MediaAddress> {
  try {
    const text = String((await response)?.uri ?? '');
    if (!URL.canParse(text)) return { error: text === '' ? 'none' : 'it is no address' };
    const url = new URL(text);
    url.username = '';
    url.password = '';
    return { url };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
