import type { Context } from 'koa';
import { z } from 'zod';
import {
  type DetectorResource,
  detectorResourceSchema,
  detectorSettingsSchema,
} from '../contract/detection.js';
import { nameSchema } from '../contract/names.js';
import type { DetectionModule } from '../detection/create-detection.js';
import { MAX_MODEL_BYTES } from '../detection/onnx/read-model.js';
import type { Access } from '../http/access.js';
import { readJson } from '../http/read-json.js';
import { receiveFile } from '../http/receive-file.js';
import { parse, type Route, route } from '../http/route.js';
import { ProblemError } from '../runtime/errors.js';
import { API_PREFIX } from './presenter.js';

export type DetectorApi = Pick<DetectionModule, 'catalog' | 'additions' | 'installer'>;

const PATH = '/objectdetection/detectors';
const tag = 'detectors';
const byId = z.object({ id: nameSchema });
const MAX_DESCRIPTION_BYTES = 256 * 1024;

const catalogSchema = z.object({
  status: z.literal('OK'),
  detectors: z.array(detectorResourceSchema),
});
const oneSchema = z.object({ status: z.literal('OK'), detector: detectorResourceSchema });
const pendingSchema = z
  .object({ status: z.literal('PENDING'), detector: detectorResourceSchema })
  .meta({ description: 'The download has begun; `Location` has the detector with its progress' });
const addedSchema = z
  .object({
    status: z.literal('OK'),
    outcome: z.enum(['added', 'replaced', 'unchanged']),
    detector: detectorResourceSchema,
  })
  .meta({ description: 'It was tried and added, and requests can name it' });

const knownSchema = z
  .strictObject({ name: nameSchema })
  .meta({ description: 'A model of the catalog', examples: [{ name: 'yolox-nano' }] });
const fieldsSchema = z.strictObject({
  name: nameSchema.optional().meta({
    description: 'The id; not needed for a file that the catalog lists',
    examples: ['forklift'],
  }),
  description: z
    .string()
    .optional()
    .meta({
      description: 'Of a model: YAML or JSON, as `NAME.yaml` beside `NAME.onnx`',
      examples: ['{"family":"yolox","labels":["forklift","pallet"]}'],
    }),
});

export function detectorRoutes(
  api: DetectorApi,
  access: { read: Access; change: Access },
): Route[] {
  return [...readRoutes(api, access.read), ...changeRoutes(api, access.change)];
}

function readRoutes(api: DetectorApi, access: Access): Route[] {
  const shown = access === 'anonymous' ? withoutHosts : (detector: DetectorResource) => detector;
  return [
    route({
      method: 'get',
      path: PATH,
      tag,
      summary: 'The catalog of detectors',
      access,
      scope: 'filtered',
      responses: { 200: catalogSchema },
      handle: () => ({ status: 'OK', detectors: detectorsOf(api).map(shown) }),
    }),
    route({
      method: 'get',
      path: `${PATH}/{id}`,
      tag,
      summary: 'Get one detector, with its progress while it is added',
      access,
      scope: 'filtered',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => ({ status: 'OK', detector: shown(oneOf(api, params.id)) }),
    }),
  ];
}

function changeRoutes(api: DetectorApi, access: Access): Route[] {
  return [
    route({
      method: 'post',
      path: PATH,
      tag,
      summary: 'Add a detector: download a known model, or upload a file',
      description:
        'JSON with a name begins the download of a model that is `available`. A form with a file adds that file after a trial. One detector is added at a time.',
      access,
      audit: 'detector_added',
      form: {
        file: 'file',
        fields: fieldsSchema,
        description: 'A model (ONNX) or a cascade (XML)',
      },
      body: knownSchema,
      responses: { 201: addedSchema, 202: pendingSchema },
      problems: [
        'unknown_detector',
        'missing_file',
        'unexpected_file',
        'conflict',
        'detectors_busy',
        'detector_refused',
        'detection_unavailable',
        'queue_full',
        'disk_budget_spent',
      ],
      handle: (_, ctx) => (ctx.is('multipart/form-data') ? addFile(api, ctx) : begin(api, ctx)),
    }),
    route({
      method: 'put',
      path: `${PATH}/{id}`,
      tag,
      summary: 'Set what a detector that was added is called and how it searches',
      description:
        'Replaces all that was set before: what is left out is as in the file. The file stays; to replace it, add another one under the same name, which also forgets what was set. In effect for the next image.',
      access,
      audit: 'detector_changed',
      params: byId,
      body: detectorSettingsSchema,
      responses: { 200: oneSchema },
      problems: ['not_found', 'conflict', 'detectors_busy', 'detector_not_removable'],
      handle: async ({ params, body }) => {
        await api.additions.set(params.id, body);
        return { status: 'OK', detector: oneOf(api, params.id) };
      },
    }),
    route({
      method: 'delete',
      path: `${PATH}/{id}`,
      tag,
      summary: 'Remove a detector that was added here',
      access,
      audit: 'detector_removed',
      params: byId,
      responses: { 200: z.object({ status: z.literal('OK') }) },
      problems: ['not_found', 'detectors_busy', 'detector_not_removable'],
      handle: async ({ params }) => {
        await api.additions.remove(params.id);
        return { status: 'OK' };
      },
    }),
  ];
}

async function begin(api: DetectorApi, ctx: Context) {
  const { name } = parse(knownSchema, await readJson(ctx), 'body');
  api.additions.begin(name);
  ctx.state.auditSubject = name;
  ctx.status = 202;
  ctx.set('Location', `${API_PREFIX}${PATH}/${name}`);
  return { status: 'PENDING', detector: oneOf(api, name) };
}

/** One upload at a time: a second one is refused before its bytes arrive. */
function addFile(api: DetectorApi, ctx: Context) {
  const { additions, installer } = api;
  return additions.exclusively(async () => {
    await installer.requireSpace(ctx.request.length ?? 0);
    const received = await receiveFile(ctx, {
      field: 'file',
      folder: installer.partials,
      maxBytes: MAX_MODEL_BYTES,
      maxFieldBytes: MAX_DESCRIPTION_BYTES,
    });
    try {
      const { name, description } = parse(fieldsSchema, received.fields, 'form');
      const content = { path: received.path };
      const { id, outcome } = await additions.addFile({ id: name, content, description });
      ctx.status = 201;
      ctx.state.auditSubject = id;
      ctx.set('Location', `${API_PREFIX}${PATH}/${id}`);
      return { status: 'OK', outcome, detector: oneOf(api, id) };
    } finally {
      await received.discard();
    }
  });
}

/** The reasons of downloads name a mirror or a proxy, which is nothing for the public. */
function withoutHosts(detector: DetectorResource): DetectorResource {
  const { addition } = detector;
  if (addition?.reason === undefined) return detector;
  return { ...detector, addition: { ...addition, reason: 'the log has the reason' } };
}

const detectorsOf = ({ catalog, additions }: DetectorApi): DetectorResource[] =>
  additions.described(catalog.detectors());

function oneOf(api: DetectorApi, id: string): DetectorResource {
  const detector = detectorsOf(api).find((one) => one.id === id);
  if (!detector) throw new ProblemError('not_found', `There is no detector "${id}".`);
  return detector;
}
