import type { Context } from 'koa';
import { z } from 'zod';
import {
  type DeepstackAnswer,
  type DeepstackError,
  type DeepstackModels,
  deepstackAnswerSchema,
  deepstackErrorSchema,
  deepstackFieldsSchema,
  deepstackModelsSchema,
} from '../contract/deepstack.js';
import type { ImageResult } from '../contract/image.js';
import { nameSchema } from '../contract/names.js';
import type { Planner } from '../detection/detection.js';
import type { ErrorForm } from '../http/openapi.js';
import type { ProblemWriter } from '../http/problems.js';
import { parse, type Route, route } from '../http/route.js';
import { receiveUpload, uploadOf } from '../http/upload.js';
import { type ImageApi, UPLOAD_PROBLEMS } from './image-routes.js';

/**
 * The calls of DeepStack and CodeProject.AI, so that their clients work unchanged. Fields that have no meaning here are
 * ignored; errors have their form, with the code of the problem.
 */
export function deepstackRoutes(api: ImageApi, planner: Planner): Route[] {
  const call = {
    method: 'post' as const,
    tag: 'DeepStack',
    access: api.access.upload,
    form: { file: 'image', fields: deepstackFieldsSchema },
    responses: { 200: deepstackAnswerSchema },
    problems: UPLOAD_PROBLEMS,
    before: [...api.beforeUpload, receiveUpload('image', api.uploads)],
  };
  return [
    route({
      ...call,
      path: '/v1/vision/detection',
      summary: 'Find objects with the default detectors',
      handle: (_, ctx) => answer(api, ctx, undefined),
    }),
    route({
      ...call,
      path: '/v1/vision/face',
      summary: 'Find faces',
      handle: (_, ctx) => answer(api, ctx, 'face'),
    }),
    ...(['get', 'post'] as const).map((method) =>
      // Before the next path, so that a detector of this name does not hide it.
      route({
        method,
        path: '/v1/vision/custom/list',
        tag: 'DeepStack',
        summary: 'List the names of detectors',
        access: api.access.upload,
        responses: { 200: deepstackModelsSchema },
        handle: () => modelsOf(planner),
      }),
    ),
    route({
      ...call,
      path: '/v1/vision/custom/{detector}',
      summary: 'Find objects with one detector',
      params: z.object({ detector: nameSchema }),
      handle: ({ params }, ctx) => answer(api, ctx, params.detector),
    }),
  ];
}

function modelsOf(planner: Planner): DeepstackModels {
  const ready = planner.detectors().filter(({ status }) => status === 'ready');
  return { success: true, code: 200, models: ready.map(({ id }) => id) };
}

async function answer(
  { images }: ImageApi,
  ctx: Context,
  detector: string | undefined,
): Promise<DeepstackAnswer> {
  const { bytes, fields } = uploadOf(ctx);
  const { min_confidence } = parse(deepstackFieldsSchema, fields, 'form');
  const result = await images.upload(bytes, detector ? { detector: [detector] } : {});
  const predictions = predictionsOf(result).filter((p) => p.confidence >= min_confidence);
  return {
    success: true,
    code: 200,
    count: predictions.length,
    inferenceMs: result.status === 'OK' ? Math.round(result.times.detectMs) : 0,
    predictions,
  };
}

function predictionsOf(result: ImageResult): DeepstackAnswer['predictions'] {
  if (result.status !== 'OK') return [];
  return result.detections.map(({ label, confidence, box }) => ({
    label,
    confidence,
    x_min: box.x,
    y_min: box.y,
    x_max: box.x + box.width,
    y_max: box.y + box.height,
  }));
}

const writeDeepstackError: ProblemWriter = (ctx, { status, code, title, detail }) => {
  const body: DeepstackError = {
    success: false,
    code: status,
    error: `${code}: ${detail ?? title}`,
  };
  ctx.body = body;
};

/** The form in which their clients expect errors. */
export const deepstackErrors: ErrorForm = {
  schema: deepstackErrorSchema,
  write: writeDeepstackError,
  below: '/v1/vision/',
};
