import {
  type CameraConfig,
  cameraSchema,
  type FolderCameraConfig,
  folderCameraSchema,
  type HttpCameraConfig,
  httpCameraSchema,
} from '../../../edge/cameras/camera-config.js';

export const httpConfig = (url: string, more: Record<string, unknown> = {}): HttpCameraConfig =>
  httpCameraSchema.parse({
    id: 'gate',
    kind: 'http',
    url,
    retries: 0,
    timeoutSeconds: 15,
    ...more,
  });

export const folderConfig = (
  path: string,
  more: Record<string, unknown> = {},
): FolderCameraConfig => folderCameraSchema.parse({ id: 'drop', kind: 'folder', path, ...more });

/** A camera of any kind, as the configuration describes it. */
export const cameraConfig = (camera: Record<string, unknown>): CameraConfig =>
  cameraSchema.parse({ id: 'gate', ...camera });
