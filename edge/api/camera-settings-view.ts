import type { Context } from 'koa';
import { actorOf } from '../../core/access/actor.js';
import type { CameraRevision, ManagedSettings } from '../../core/contract/camera-management.js';
import { jsonObject } from '../../core/contract/json-object.js';
import { allows, type Principal } from '../../core/http/access.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import {
  type Actor,
  type CameraManager,
  noSuchCamera,
  READ_ONLY,
} from '../cameras/managed/camera-manager.js';
import type { ManagedCameras } from '../cameras/managed/managed-cameras.js';
import { shownSettings } from '../cameras/managed/shown-settings.js';
import type { StoredRevision } from '../store/managed-camera-table.js';

export interface CameraSettingsApi {
  configured: ConfiguredCameras;
  managed: ManagedCameras;
  manager: CameraManager;
  /** What a camera needs and this machine lacks. */
  warningsOf(camera: CameraConfig): Promise<string[]>;
}

/** The caller of a request, for the history of a camera. */
export function actorIn(ctx: Context): Actor {
  const { name, kind } = actorOf(ctx);
  return { name, kind };
}

/** Without authentication every caller is an administrator. */
export function isAdmin(ctx: Context): boolean {
  const principal = ctx.state.principal as Principal | undefined;
  return principal === undefined || allows(principal, 'admin');
}

/** Throws `not_found`. */
export async function presentSettings(
  { configured, managed, warningsOf }: CameraSettingsApi,
  id: string,
  admin: boolean,
): Promise<ManagedSettings> {
  const declaredIn = configured.declaredIn(id);
  const camera = declaredIn === 'api' ? managed.get(id) : undefined;
  const config = camera ? camera.config : configured.get(id);
  const settings = config ?? camera?.settings;
  if (!settings || !declaredIn) throw noSuchCamera(id, configured);
  return {
    settings: shownSettings(settings, { isAdmin: admin }),
    declaredIn,
    readOnly: declaredIn === 'file' ? READ_ONLY : null,
    revision: camera?.revision ?? null,
    warnings: [
      ...(config ? await warningsOf(config) : []),
      ...configured.faults().filter((line) => line.startsWith(`camera ${id}: `)),
    ],
  };
}

export function presentRevision(row: StoredRevision, managed: ManagedCameras): CameraRevision {
  const { revision, camera, at, action, actor_name, actor_kind, changes } = row;
  return {
    ...{ revision, camera, action },
    at: toIsoString(at),
    actor: { name: actor_name, kind: actor_kind },
    changes:
      (jsonObject(`{"list":${changes}}`) as { list?: CameraRevision['changes'] })?.list ?? [],
    settings: shownSettings(managed.settingsOf(row), { isAdmin: true }),
    current: managed.get(camera)?.revision === revision,
  };
}
