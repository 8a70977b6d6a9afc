import type { Context } from 'koa';
import { z } from 'zod';
import {
  cameraSettingsAnswerSchema,
  ifRevisionQuerySchema,
  type ManagedSettings,
  zonesAnswerSchema,
} from '../../core/contract/camera-management.js';
import { cameraSettingsSchema } from '../../core/contract/camera-settings.js';
import { nameSchema } from '../../core/contract/names.js';
import type { ProblemCode } from '../../core/contract/problem.js';
import { zoneSchema } from '../../core/contract/zone.js';
import { type Route, route } from '../../core/http/route.js';
import { zonesWithIds } from '../cameras/managed/camera-zones.js';
import type { ManagedCamera } from '../cameras/managed/managed-cameras.js';
import {
  actorIn,
  type CameraSettingsApi,
  isAdmin,
  presentSettings,
} from './camera-settings-view.js';
import { readSettingsBody } from './read-settings-body.js';

const tag = 'camera settings';
const byCamera = z.object({ camera: nameSchema });
const byZone = byCamera.extend({
  zone: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: 'The id of a zone', examples: ['drive'] }),
});
const CHANGE_PROBLEMS: ProblemCode[] = [
  'not_found',
  'camera_read_only',
  'conflict',
  'shutting_down',
];

/** The settings of cameras as data: read them, and add, change and remove those that the API manages. */
export const managedCameraRoutes = (api: CameraSettingsApi): Route[] => [
  readRoute(api),
  addRoute(api),
  changeRoute(api),
  removeRoute(api),
  ...zoneRoutes(api),
];

const readRoute = (api: CameraSettingsApi) =>
  route({
    method: 'get',
    path: '/cameras/{camera}/settings',
    tag,
    summary: 'Get the settings of a camera, and where it is declared',
    description:
      'Every setting with its value, also those that have their default. A secret reads as `{"set":true}`. What follows "?" in an address is shown to administrators only.',
    access: 'viewer',
    scope: 'path',
    params: byCamera,
    responses: { 200: cameraSettingsAnswerSchema },
    problems: ['not_found'],
    handle: ({ params }, ctx) => settingsOf(api, params.camera, ctx),
  });

const addRoute = (api: CameraSettingsApi) =>
  route({
    method: 'post',
    path: '/cameras',
    tag,
    summary: 'Add a camera; it takes snapshots at once',
    access: 'admin',
    audit: 'camera_added',
    body: cameraSettingsSchema,
    ownBody: true,
    responses: { 201: cameraSettingsAnswerSchema },
    problems: ['conflict', 'shutting_down'],
    handle: async (_, ctx) => {
      const { id } = await api.manager.add(await readSettingsBody(ctx), actorIn(ctx));
      ctx.state.auditSubject = id;
      ctx.status = 201;
      ctx.set('Location', `/api/v1/cameras/${id}`);
      return settingsOf(api, id, ctx);
    },
  });

const changeRoute = (api: CameraSettingsApi) =>
  route({
    method: 'put',
    path: '/cameras/{camera}',
    tag,
    summary: 'Replace the settings of a camera',
    description:
      'What the body leaves out gets its default. `{"set":true}` keeps the secret that is set, as long as the address has the same host and port.',
    access: 'admin',
    audit: 'camera_changed',
    params: byCamera,
    query: ifRevisionQuerySchema,
    body: cameraSettingsSchema,
    ownBody: true,
    responses: { 200: cameraSettingsAnswerSchema },
    problems: CHANGE_PROBLEMS,
    handle: async ({ params, query }, ctx) => {
      const body = await readSettingsBody(ctx);
      await api.manager.change(params.camera, body, { ...query, actor: actorIn(ctx) });
      return settingsOf(api, params.camera, ctx);
    },
  });

const removeRoute = (api: CameraSettingsApi) =>
  route({
    method: 'delete',
    path: '/cameras/{camera}',
    tag,
    summary: 'Remove a camera; its images and events stay',
    description:
      'Its revisions stay as well, so that it can be restored. Of a camera that the configuration file declares too, only the one of the API is removed.',
    access: 'admin',
    audit: 'camera_removed',
    params: byCamera,
    query: ifRevisionQuerySchema,
    responses: { 200: z.object({ status: z.literal('OK') }) },
    problems: CHANGE_PROBLEMS,
    handle: async ({ params, query }, ctx) => {
      await api.manager.remove(params.camera, { ...query, actor: actorIn(ctx) });
      return { status: 'OK' };
    },
  });

function zoneRoutes(api: CameraSettingsApi): Route[] {
  const changed = async (id: string, change: Promise<ManagedCamera>) => {
    await change;
    return zonesOf(api, id);
  };
  return [
    route({
      method: 'get',
      path: '/cameras/{camera}/zones',
      tag,
      summary: 'List the zones of a camera',
      access: 'viewer',
      scope: 'path',
      params: byCamera,
      responses: { 200: zonesAnswerSchema },
      problems: ['not_found'],
      handle: ({ params }) => zonesOf(api, params.camera),
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/zones',
      tag,
      summary: 'Add a zone, with a name that no other zone of the camera has',
      access: 'admin',
      audit: 'camera_changed',
      params: byCamera,
      query: ifRevisionQuerySchema,
      body: zoneSchema,
      responses: { 201: zonesAnswerSchema },
      problems: CHANGE_PROBLEMS,
      handle: ({ params, query, body }, ctx) => {
        ctx.status = 201;
        const request = { ...query, actor: actorIn(ctx) };
        return changed(params.camera, api.manager.addZone(params.camera, body, request));
      },
    }),
    route({
      method: 'put',
      path: '/cameras/{camera}/zones/{zone}',
      tag,
      summary: 'Replace a zone; without a name it keeps its own',
      access: 'admin',
      audit: 'camera_changed',
      params: byZone,
      query: ifRevisionQuerySchema,
      body: zoneSchema,
      responses: { 200: zonesAnswerSchema },
      problems: CHANGE_PROBLEMS,
      handle: ({ params: { camera, zone }, query, body }, ctx) => {
        const request = { ...query, actor: actorIn(ctx) };
        return changed(camera, api.manager.changeZone(camera, zone, body, request));
      },
    }),
    route({
      method: 'delete',
      path: '/cameras/{camera}/zones/{zone}',
      tag,
      summary: 'Remove a zone',
      access: 'admin',
      audit: 'camera_changed',
      params: byZone,
      query: ifRevisionQuerySchema,
      responses: { 200: zonesAnswerSchema },
      problems: CHANGE_PROBLEMS,
      handle: ({ params: { camera, zone }, query }, ctx) => {
        const request = { ...query, actor: actorIn(ctx) };
        return changed(camera, api.manager.removeZone(camera, zone, request));
      },
    }),
  ];
}

async function settingsOf(api: CameraSettingsApi, id: string, ctx: Context) {
  const settings: ManagedSettings = await presentSettings(api, id, isAdmin(ctx));
  return { status: 'OK', ...settings };
}

async function zonesOf(api: CameraSettingsApi, id: string) {
  const { settings, warnings: _, ...declared } = await presentSettings(api, id, false);
  return { status: 'OK', zones: zonesWithIds(settings.zones ?? []), ...declared };
}
