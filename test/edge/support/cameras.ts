import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
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

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'siteglass-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits until something holds, and fails with its description where it never does. */
export async function until(what: string, holds: () => boolean, timeoutMs = 40_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(10)) if (holds()) return;
  throw new Error(`never happened: ${what}`);
}
