import { type DeepstackError, deepstackErrorSchema } from '../../contract/deepstack.js';
import type { ErrorForm } from '../../http/openapi.js';
import type { ProblemWriter } from '../../http/problems.js';

/** Calls of DeepStack and CodeProject.AI that are not offered, and what a caller can do instead. */
const NOT_OFFERED: [path: RegExp, advice: string][] = [
  [
    /^\/v1\/vision\/face\/./,
    'Faces are not recognised by name here. POST /v1/vision/face finds faces.',
  ],
  [
    /^\/v1\/vision\/scene\b/,
    'Scenes are not recognised here. POST /v1/vision/detection finds objects.',
  ],
  [/^\/v1\/vision\/(enhance|superres)/, 'Images are not enhanced here.'],
  [
    /^\/v1\/(image|vision)\/alpr\b/,
    'Number plates are not read here. POST /v1/vision/custom/number-plate finds them.',
  ],
  [
    /^\/v1\/(vision\/(addmodel|deletemodel|listmodels)|backup|restore)\b/,
    'Models are not managed here. GET /v1/vision/custom/list has their names.',
  ],
];

const adviceFor = (path: string): string | undefined =>
  NOT_OFFERED.find(([pattern]) => pattern.test(path))?.[1];

const write: ProblemWriter = (ctx, { status, code, title, detail }) => {
  const advice = code === 'not_found' ? adviceFor(ctx.path) : undefined;
  const body: DeepstackError = {
    success: false,
    code: status,
    error: `${code}: ${advice ?? detail ?? title}`,
  };
  ctx.body = body;
};

/** The form in which clients of DeepStack and CodeProject.AI expect errors. */
export const deepstackErrors: ErrorForm = { schema: deepstackErrorSchema, write, below: '/v1/' };
