import { readSecret } from '../../core/runtime/configuration.js';
import { isSameSecret } from '../../core/runtime/same-secret.js';
import type { CameraConfig } from './camera-config.js';
import { PUSH_SECRET } from './camera-settings.js';

/** Whether `given` is the secret for the uploads of a camera; compared in constant time. */
export function isPushSecret(config: CameraConfig, given: string): boolean {
  const secret = config.kind === 'push' && config.pushSecret ? read(config.pushSecret) : undefined;
  const isEqual = isSameSecret(given, secret ?? '');
  return isEqual && secret !== undefined;
}

/** A secret that cannot be read, or is too short, matches nothing; the doctor reports why. */
function read(source: Parameters<typeof readSecret>[0]): string | undefined {
  try {
    const secret = readSecret(source);
    return PUSH_SECRET.test(secret) ? secret : undefined;
  } catch {
    return undefined;
  }
}
