import { z } from 'zod';
import {
  cameraTestAnswerSchema,
  discoveryAnswerSchema,
  discoveryRequestSchema,
  motionAnswerSchema,
  trialAnswerSchema,
  trialRequestSchema,
} from '../../core/contract/camera-management.js';
import { cameraSettingsSchema } from '../../core/contract/camera-settings.js';
import { nameSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import { type CameraManager, noSuchCamera } from '../cameras/managed/camera-manager.js';
import { ANALYSIS_PROBLEMS } from './analysis-problems.js';
import { clientSignal } from './client-signal.js';
import type { CameraTools } from './create-camera-tools.js';
import { readSettingsBody } from './read-settings-body.js';

const tag = 'camera settings';
const byCamera = z.object({ camera: nameSchema });

export interface CameraToolApi {
  tools: CameraTools;
  manager: CameraManager;
  configured: ConfiguredCameras;
}

/** What an editor of cameras needs besides the settings: a test, discovery, trials on stored snapshots, motion. */
export const cameraToolRoutes = (api: CameraToolApi): Route[] => [
  testRoute(api),
  discoveryRoute(api),
  trialRoute(api),
  motionRoute(api),
];

const testRoute = ({ tools, manager }: CameraToolApi) =>
  route({
    method: 'post',
    path: '/cameras/test',
    tag,
    summary: 'Try settings of a camera once: the picture, or what is wrong and what to do',
    description:
      'Nothing is stored, and no file counts as processed. With the id of a camera that there is, `{"set":true}` stands for its secret. Two tests run at a time, each for up to 30 seconds.',
    access: 'admin',
    audit: 'camera_tested',
    body: cameraSettingsSchema,
    ownBody: true,
    responses: { 200: cameraTestAnswerSchema },
    problems: ['cameras_busy', 'detection_unavailable', 'queue_full'],
    handle: async (_, ctx) => {
      const draft = await manager.draftOf(await readSettingsBody(ctx));
      ctx.state.auditSubject = placeOf(draft);
      return { status: 'OK', test: await tools.tester.test(draft, clientSignal(ctx)) };
    },
  });

function discoveryRoute({ tools }: CameraToolApi): Route {
  let isRunning = false;
  return route({
    method: 'post',
    path: '/cameras/discovery',
    tag,
    summary: 'List the ONVIF cameras on the network, with their addresses',
    description:
      'As `siteglass-edge discover`: a probe to the network, and questions to each device that responds, at the address that it responded from. An address that names another host is returned with that of the response.',
    access: 'admin',
    audit: 'cameras_discovered',
    body: discoveryRequestSchema,
    responses: { 200: discoveryAnswerSchema },
    problems: ['cameras_busy', 'camera_failed'],
    handle: async ({ body }, ctx) => {
      if (isRunning)
        throw new ProblemError('cameras_busy', 'The network is being searched already.', {
          retryAfter: 10,
        });
      isRunning = true;
      try {
        return { status: 'OK', devices: await tools.discover(body, clientSignal(ctx)) };
      } finally {
        isRunning = false;
      }
    },
  });
}

const trialRoute = ({ tools, manager }: CameraToolApi) =>
  route({
    method: 'post',
    path: '/cameras/{camera}/trial',
    tag,
    summary: 'Try draft settings on the last stored snapshots: what was found, and what would be',
    description:
      'The last snapshots that are stored are searched again with the draft, one after the other and only while nothing else waits for a worker. One trial runs at a time, for up to 45 seconds; `next` continues it. It stores nothing.',
    access: 'admin',
    params: byCamera,
    body: trialRequestSchema,
    responses: { 200: trialAnswerSchema },
    problems: ['not_found', 'cameras_busy', ...ANALYSIS_PROBLEMS],
    handle: async ({ params, body: { settings, ...request } }, ctx) => {
      const draft = await manager.draft(params.camera, settings).catch(belowSettings);
      return { status: 'OK', ...(await tools.trial.run(draft, request, clientSignal(ctx))) };
    },
  });

const motionRoute = ({ tools, configured }: CameraToolApi) =>
  route({
    method: 'get',
    path: '/cameras/{camera}/motion',
    tag,
    summary: 'What the motion gate measured in the last snapshot',
    description:
      'Without a gate, the last two stored snapshots are compared, as a gate would do it: so that a threshold can be chosen first.',
    access: 'viewer',
    scope: 'path',
    params: byCamera,
    responses: { 200: motionAnswerSchema },
    problems: ['not_found', 'detection_unavailable', 'queue_full'],
    handle: async ({ params }) => {
      const camera = configured.get(params.camera);
      if (!camera) throw noSuchCamera(params.camera, configured);
      return { status: 'OK', ...(await tools.motion.of(camera)) };
    },
  });

/** The faults of a draft, with their paths in the body. */
function belowSettings(error: unknown): never {
  if (!(error instanceof ProblemError) || !error.errors) throw error;
  const errors = error.errors.map(({ path, message }) => ({ path: `settings.${path}`, message }));
  throw new ProblemError(error.code, error.message, { errors, cause: error });
}

/** Where a camera is tried, without credentials and what follows "?". */
function placeOf(camera: CameraConfig): string {
  if ('path' in camera) return `${camera.kind} ${camera.path}`;
  if (!('url' in camera)) return camera.kind;
  const { protocol, host } = new URL(camera.url);
  return `${protocol}//${host}`;
}
