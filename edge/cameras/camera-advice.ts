import type { CameraErrorCode } from './camera.js';
import type { CameraConfig } from './camera-config.js';

const ADVICE: Partial<Record<CameraErrorCode, string>> = {
  unreachable:
    'Check its power, network and url. To list the ONVIF cameras that respond: siteglass-edge discover',
  timeout: 'Check the network, or raise timeoutSeconds.',
  bad_status: 'Correct its url, or the user name and password under auth.',
  wrong_certificate:
    'Read the fingerprint in the web interface of the camera. If it has changed, set fingerprint to the new one.',
  old_tls:
    'Update the firmware of the camera. If there is no update, set what the message names (docs/configuration.md).',
  faulty_http:
    'Update the firmware of the camera, or take its stream instead (kind mjpeg or rtsp).',
  too_large: 'Configure a smaller image in the camera, or raise maxBytes.',
  silent: 'Check the upload settings of the camera.',
  not_installed: 'Install it. The camera is then read at its next scheduled time.',
};

export const PICTURE_ADVICE =
  'Correct its url or path, so that it returns a whole JPEG, PNG or WebP image.';

/** What to do about a camera that returned no snapshot. */
export const adviceOn = (kind: CameraConfig['kind'], code: CameraErrorCode): string =>
  kind === 'device' && code !== 'not_installed'
    ? 'Check that it is connected and readable for group video: ls -l /dev/video*. The service needs the drop-in video4linux.conf (docs/operations.md).'
    : (ADVICE[code] ?? 'Correct its settings (docs/configuration.md).');
