import { validateDetailed } from 'node-cron';
import { z } from 'zod';
import { preparationSchema, searchParametersSchema } from '../../core/contract/detection.js';
import type { UploadFields } from '../../core/contract/image.js';
import { nameSchema } from '../../core/contract/names.js';
import { RESERVED_CAMERA_NAMES } from '../../core/contract/topics.js';
import { secretSchema } from '../../core/runtime/configuration.js';
import { sightingShape } from '../sightings/sighting-settings.js';

const MEBIBYTE = 1_048_576;

const cronSchema = z.string().superRefine((expression, context) => {
  const [error] = validateDetailed(expression).errors;
  if (!error) return;
  const where = error.field === 'expression' ? error.message : `the ${error.field} is wrong`;
  context.addIssue({
    code: 'custom',
    message: `${where}; expected cron fields with seconds first, e.g. "*/10 * * * * *"`,
  });
});

const cameraIdSchema = nameSchema.refine((id) => !RESERVED_CAMERA_NAMES.includes(id), {
  error: `may not be one of ${RESERVED_CAMERA_NAMES.join(', ')}`,
});

const common = {
  id: cameraIdSchema,
  name: z.string().min(1).max(64).optional(),
  schedule: cronSchema.default('*/10 * * * * *'),
  /** Each run is put off by a random time up to this, so that cameras do not all answer at once. */
  jitterSeconds: z.number().min(0).max(300).default(0),
  /** Bound on one attempt to get a snapshot. */
  timeoutSeconds: z.number().min(0.1).max(60).default(5),
  maxBytes: z
    .int()
    .min(1024)
    .max(100 * MEBIBYTE)
    .default(10 * MEBIBYTE),
  /** The default detector where it is left out. */
  detectors: z.array(nameSchema).min(1).max(16).optional(),
  parameters: z
    .strictObject({ ...searchParametersSchema.shape, ...preparationSchema.shape })
    .partial()
    .default({}),
  /** A camera that is not enabled starts paused. */
  enabled: z.boolean().default(true),
  ...sightingShape,
};

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
  .refine((url) => !hasCredentials(url), {
    error: 'may not hold a user name or password; put them under "auth"',
  });

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

export const httpCameraSchema = z.strictObject({
  ...common,
  kind: z.literal('http'),
  url: urlSchema,
  auth: z
    .strictObject({
      username: z
        .string()
        .min(1)
        .regex(/^[^:]*$/, 'may not hold a ":"'),
      password: secretSchema,
    })
    .optional(),
  /** Further attempts within one run. */
  retries: z.int().min(0).max(5).default(2),
});
export type HttpCameraConfig = z.infer<typeof httpCameraSchema>;

export const folderCameraSchema = z
  .strictObject({
    ...common,
    kind: z.literal('folder'),
    path: z.string().min(1),
    /** Goes round the files for ever, one a run: a camera for demonstrations. */
    loop: z.boolean().default(false),
    /** What becomes of a file that was analysed. */
    afterwards: z.enum(['keep', 'delete']).default('keep'),
  })
  .refine(({ loop, afterwards }) => !(loop && afterwards === 'delete'), {
    path: ['afterwards'],
    error: 'may not be "delete" for a camera that loops',
  });
export type FolderCameraConfig = z.infer<typeof folderCameraSchema>;

export const cameraSchema = z.discriminatedUnion('kind', [httpCameraSchema, folderCameraSchema], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'expected "http" or "folder"' : 'expected a camera',
});
export type CameraConfig = z.infer<typeof cameraSchema>;

/** The cameras of a site, with ids that differ. */
export const camerasSchema = z
  .array(cameraSchema)
  .max(256)
  .superRefine((cameras, context) => {
    const seen = new Set<string>();
    for (const [i, { id }] of cameras.entries()) {
      if (seen.has(id))
        context.addIssue({
          code: 'custom',
          path: [i, 'id'],
          message: `another camera is called ${id} already`,
        });
      seen.add(id);
    }
  });

/** What a camera asks of the detectors, in the terms of an upload. */
export function uploadFieldsOf({ detectors, parameters }: CameraConfig): UploadFields {
  return { ...parameters, ...(detectors && { detector: [...detectors] }) };
}
