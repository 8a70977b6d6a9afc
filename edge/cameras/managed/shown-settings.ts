import type { CameraSettings } from '../../../core/contract/camera-settings.js';
import type { CameraConfig } from '../camera-config.js';
import { asMarked } from './secret-settings.js';
import type { JsonObject } from './setting-changes.js';

/**
 * Settings as the API returns them, without secrets. An address shows what follows "?" to administrators only: there many
 * cameras want their password.
 */
export function shownSettings(
  config: CameraConfig | JsonObject,
  { isAdmin }: { isAdmin: boolean },
): CameraSettings {
  const shown = asMarked(config);
  const { url } = shown;
  if (!isAdmin && typeof url === 'string') shown.url = url.replace(/\?.*$/s, '?…');
  return shown as unknown as CameraSettings;
}
