import type { Context } from 'koa';
import { z } from 'zod';
import {
  DEFAULT_MIN_CONFIDENCE,
  type DeepstackAnswer,
  type DeepstackFields,
  deepstackAnswerSchema,
  deepstackFieldsSchema,
  deepstackKeysSchema,
  deepstackModelsSchema,
} from '../../contract/deepstack.js';
import type { Planner } from '../../detection/detection.js';
import { parse, type Route, type RouteSpec, route } from '../../http/route.js';
import { clientOf } from '../client-origin.js';
import { type ImageApi, UPLOAD_PROBLEMS } from '../image-routes.js';
import { answerOf, type Call, modelsOf } from './deepstack-answer.js';
import { detectorFor, faceDetector, modelNames } from './deepstack-detectors.js';
import { authenticateByForm } from './form-authentication.js';
import { FormReceiver, receivedForm } from './form-receiver.js';
import { statusRoutes } from './status-routes.js';

const tag = 'DeepStack';
const KEYS = 'The token may be in the field `api_key` of the form instead of the header.';

type Common = Pick<RouteSpec, 'tag' | 'access' | 'authenticate' | 'around'>;

/**
 * The calls of DeepStack and CodeProject.AI, so that their clients work unchanged. Fields that have no meaning here are
 * ignored; errors have their form, with the code of the problem.
 */
export function deepstackRoutes(api: ImageApi, planner: Planner): Route[] {
  const forms = new FormReceiver(api.uploads);
  const authenticate = authenticateByForm(forms);
  const common = { tag, access: api.access.upload, authenticate, around: startTimer };
  return [
    // Before `custom/{detector}`, so that a detector of this name does not hide it.
    ...listRoutes(api, planner, common),
    ...detectionRoutes(api, planner, common, forms),
    ...statusRoutes(api.beforeRead),
  ];
}

function listRoutes({ beforeRead }: ImageApi, planner: Planner, common: Common): Route[] {
  return (['get', 'post'] as const).map((method) =>
    route({
      ...common,
      method,
      path: '/v1/vision/custom/list',
      summary: 'List the names of detectors',
      description: KEYS,
      responses: { 200: deepstackModelsSchema },
      problems: ['invalid_request', 'rate_limited', 'too_many_bytes', 'uploads_full'],
      before: beforeRead,
      handle: (_, { state: { startedAt } }) =>
        modelsOf(modelNames(planner), { command: 'list-custom', startedAt }),
    }),
  );
}

function detectionRoutes(
  api: ImageApi,
  planner: Planner,
  common: Common,
  forms: FormReceiver,
): Route[] {
  const call = {
    ...common,
    method: 'post' as const,
    description: `The image is the file of the form, whatever its name, or text in base64. ${KEYS}`,
    query: deepstackFieldsSchema,
    form: {
      file: 'image',
      fields: deepstackFieldsSchema.extend(deepstackKeysSchema.shape),
      orText: true,
    },
    responses: { 200: deepstackAnswerSchema },
    problems: UPLOAD_PROBLEMS,
    before: [...api.beforeUpload, forms.receive],
  };
  return [
    route({
      ...call,
      path: '/v1/vision/detection',
      summary: 'Find objects with the default detectors',
      handle: ({ query }, ctx) => answer(api, ctx, query, { command: 'detect' }),
    }),
    route({
      ...call,
      path: '/v1/vision/face',
      summary: 'Find faces',
      handle: ({ query }, ctx) =>
        answer(api, ctx, query, { command: 'detect', detector: faceDetector(planner) }),
    }),
    route({
      ...call,
      path: '/v1/vision/custom/{detector}',
      summary: 'Find objects with one detector',
      params: z.object({ detector: z.string().max(128) }),
      handle: ({ params, query }, ctx) =>
        answer(api, ctx, query, {
          command: 'custom',
          detector: detectorFor(params.detector, planner),
        }),
    }),
  ];
}

const startTimer: RouteSpec['around'] = async (ctx, next) => {
  ctx.state.startedAt = performance.now();
  await next();
};

async function answer(
  { images }: ImageApi,
  ctx: Context,
  query: DeepstackFields,
  { command, detector }: { command: Call['command']; detector?: string },
): Promise<DeepstackAnswer> {
  const { image, fields } = receivedForm(ctx);
  const form = parse(deepstackFieldsSchema, fields, 'form');
  const minConfidence = form.min_confidence ?? query.min_confidence ?? DEFAULT_MIN_CONFIDENCE;
  const request = { minConfidence, ...(detector !== undefined && { detector: [detector] }) };
  const result = await images.upload(image, request, clientOf(ctx));
  return answerOf(result, { command, startedAt: ctx.state.startedAt });
}
