import { z } from 'zod';
import { auditActorKindSchema } from './access.js';
import { cameraSettingsSchema } from './camera-settings.js';
import { confidenceSchema, detectionSchema } from './detection.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';
import { zoneSchema } from './zone.js';

/**
 * Cameras as data that the API manages. All routes are below /api/v1; `{zone}` is the id of a zone, encoded for a path.
 *
 * | method and path | body → response | role |
 * |---|---|---|
 * | `POST /cameras` | `CameraSettings` → 201 `cameraSettingsAnswerSchema` | admin |
 * | `GET /cameras/{camera}/settings` | → `cameraSettingsAnswerSchema` | viewer; the query of an address is shown to admins only |
 * | `PUT /cameras/{camera}?revision=` | `CameraSettings` → `cameraSettingsAnswerSchema` | admin |
 * | `DELETE /cameras/{camera}?revision=` | → `{status}` | admin |
 * | `GET /cameras/{camera}/zones` | → `zonesAnswerSchema` | viewer |
 * | `POST /cameras/{camera}/zones?revision=` | `Zone` with a name → 201 `zonesAnswerSchema` | admin |
 * | `PUT /cameras/{camera}/zones/{zone}?revision=` | `Zone` → `zonesAnswerSchema` | admin |
 * | `DELETE /cameras/{camera}/zones/{zone}?revision=` | → `zonesAnswerSchema` | admin |
 * | `GET /cameras/{camera}/revisions?limit=&before=` | → `revisionPageSchema`, newest first; of a removed camera also | admin |
 * | `GET /camera-revisions?limit=&before=` | → `revisionPageSchema`, of all cameras | admin |
 * | `POST /cameras/{camera}/revisions/{revision}/restore` | → `cameraSettingsAnswerSchema` | admin |
 * | `POST /cameras/test` | `CameraSettings` → `cameraTestAnswerSchema` | admin |
 * | `POST /cameras/discovery` | `discoveryRequestSchema` → `discoveryAnswerSchema` | admin |
 * | `POST /cameras/{camera}/trial` | `trialRequestSchema` → `trialAnswerSchema` | admin |
 * | `GET /cameras/{camera}/motion` | → `motionAnswerSchema` | viewer |
 * | `GET /config/export` | → YAML, without secrets | admin |
 *
 * With `revision`, a change is refused with `conflict` if the camera was changed since that revision. A camera that the
 * file declares is refused with `camera_read_only`. Invalid settings are refused with `invalid_parameter`, and `errors`
 * names each field as a path in the body, e.g. `zones.0.points`.
 */

const ok = z.literal('OK');
const count = z.int().min(0);

export const declaredInSchema = z.enum(['file', 'api']).meta({
  description: '`file`: the configuration file declares it, so that it is changed there',
});
export type DeclaredIn = z.infer<typeof declaredInSchema>;

export const revisionNumberSchema = z.int().min(1);

export const managedSettingsSchema = z
  .object({
    settings: cameraSettingsSchema,
    declaredIn: declaredInSchema,
    readOnly: z
      .string()
      .nullable()
      .meta({ description: 'Why the API does not change it, and where to; null if it does' }),
    revision: revisionNumberSchema
      .nullable()
      .meta({ description: 'Of the last change; null for a camera of the file' }),
    warnings: z
      .array(z.string())
      .meta({ description: 'What the camera needs and this machine lacks' }),
  })
  .meta({ id: 'ManagedSettings' });
export type ManagedSettings = z.infer<typeof managedSettingsSchema>;

export const cameraSettingsAnswerSchema = managedSettingsSchema.extend({ status: ok });

export const ifRevisionQuerySchema = z.strictObject({
  revision: z.coerce.number().pipe(revisionNumberSchema).optional().meta({
    description: 'Change it only if this is its latest revision',
  }),
});

export const zoneResourceSchema = z
  .object({
    id: z.string().meta({ description: 'Its name, or its position from 1 if it has none' }),
    zone: zoneSchema,
  })
  .meta({ id: 'ZoneOfCamera' });
export type ZoneResource = z.infer<typeof zoneResourceSchema>;

export const zonesAnswerSchema = z.object({
  status: ok,
  zones: z.array(zoneResourceSchema),
  declaredIn: declaredInSchema,
  readOnly: managedSettingsSchema.shape.readOnly,
  revision: managedSettingsSchema.shape.revision,
});

/** A setting that a revision changed; a secret reads as `{"set":true}`, an absent setting as null. */
export const settingChangeSchema = z
  .object({
    path: z.string().meta({ examples: ['zones.0.points'] }),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'SettingChange' });
export type SettingChange = z.infer<typeof settingChangeSchema>;

export const cameraRevisionSchema = z
  .object({
    revision: revisionNumberSchema,
    camera: nameSchema,
    at: instantSchema,
    action: z.enum(['added', 'changed', 'removed', 'restored']),
    actor: z.object({ name: z.string(), kind: auditActorKindSchema }),
    changes: z.array(settingChangeSchema).meta({ description: 'The first 200' }),
    settings: cameraSettingsSchema.meta({
      description: 'After the change; of a removed camera, before it',
    }),
    current: z.boolean().meta({ description: 'The camera has these settings now' }),
  })
  .meta({ id: 'CameraRevision' });
export type CameraRevision = z.infer<typeof cameraRevisionSchema>;

export const revisionQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z.coerce.number().pipe(revisionNumberSchema).optional().meta({
    description: 'Cursor: the `next` of the previous page',
  }),
});

export const revisionPageSchema = z.object({
  status: ok,
  revisions: z.array(cameraRevisionSchema),
  next: revisionNumberSchema.nullable(),
});

/** What a test of draft settings found. */
export const cameraTestSchema = z
  .discriminatedUnion('outcome', [
    z.object({
      outcome: z.literal('picture'),
      picture: z.object({
        dataUrl: z
          .string()
          .nullable()
          .meta({ description: 'null if the picture is too large to return' }),
        mediaType: z.string(),
        width: z.int(),
        height: z.int(),
        bytes: count,
        ms: count.meta({ description: 'How long the camera took' }),
        detections: z
          .array(detectionSchema)
          .meta({ description: 'What the detectors of the draft find in it' }),
      }),
    }),
    z.object({
      outcome: z.literal('nothing'),
      message: z.string().meta({ description: 'Why there is no picture, though nothing is wrong' }),
    }),
    z.object({
      outcome: z.literal('failed'),
      code: z.string().meta({ examples: ['unreachable', 'bad_status', 'image_undecodable'] }),
      message: z.string().meta({ description: 'What is wrong' }),
      advice: z.string().meta({ description: 'What to do' }),
    }),
  ])
  .meta({ id: 'CameraTest' });
export type CameraTest = z.infer<typeof cameraTestSchema>;
export const cameraTestAnswerSchema = z.object({ status: ok, test: cameraTestSchema });

export const discoveryRequestSchema = z
  .strictObject({
    auth: z
      .strictObject({ username: z.string().min(1).max(64), password: z.string().min(1).max(256) })
      .optional()
      .meta({
        description:
          'Sent as a digest to every device that responds, to ask for its addresses; `discovery.auth` of the configuration if absent',
      }),
    timeoutSeconds: z.number().min(0.5).max(15).optional(),
  })
  .meta({ examples: [{}] });

const mediaSchema = z
  .object({ url: z.string().nullable(), fault: z.string().nullable() })
  .meta({ description: 'The address, or why there is none' });

export const discoveredDeviceSchema = z
  .object({
    host: z.string().meta({ description: 'Where it responded from' }),
    announced: z.array(z.string()),
    name: z.string().nullable().meta({ description: 'As it announces itself' }),
    model: z.string().nullable(),
    snapshot: mediaSchema,
    stream: mediaSchema,
    note: z.string().nullable().meta({ description: 'What to know before it is used' }),
    configuredAs: nameSchema
      .nullable()
      .meta({ description: 'The camera that has this host already' }),
  })
  .meta({ id: 'DiscoveredDevice' });
export type DiscoveredDevice = z.infer<typeof discoveredDeviceSchema>;
export const discoveryAnswerSchema = z.object({
  status: ok,
  devices: z.array(discoveredDeviceSchema),
});

export const MAX_TRIAL_SNAPSHOTS = 100;

/** Settings to try; what is left out is as the camera has it, and null stands for its default. */
export const trialRequestSchema = z
  .strictObject({
    settings: z
      .strictObject({
        detectors: z.array(nameSchema).nullable(),
        parameters: z.record(z.string(), z.unknown()).nullable(),
        labels: z.array(labelSchema).nullable(),
        minConfidence: confidenceSchema.nullable(),
        zones: z.array(zoneSchema).nullable(),
        orientation: z.int().nullable(),
      })
      .partial(),
    snapshots: z.int().min(1).max(MAX_TRIAL_SNAPSHOTS).default(1).meta({
      description: 'How many of the last stored snapshots',
    }),
    before: imageIdSchema.optional().meta({
      description: 'Only snapshots before this one: the `next` of the previous response',
    }),
  })
  .meta({ id: 'TrialRequest', examples: [{ settings: { minConfidence: 0.5 }, snapshots: 20 }] });
export type TrialRequest = z.infer<typeof trialRequestSchema>;

export const trialSnapshotSchema = z
  .object({
    image: imageIdSchema,
    takenAt: instantSchema,
    width: z.int(),
    height: z.int(),
    before: z.array(detectionSchema).meta({ description: 'What was found when it was taken' }),
    after: z
      .array(detectionSchema)
      .nullable()
      .meta({ description: 'What the draft finds; null if it was not analysed' }),
    fault: z.string().nullable().meta({ description: 'Why it was not analysed' }),
  })
  .meta({ id: 'TrialSnapshot' });
export type TrialSnapshot = z.infer<typeof trialSnapshotSchema>;

export const trialAnswerSchema = z
  .object({
    status: ok,
    snapshots: z.array(trialSnapshotSchema).meta({ description: 'Newest first' }),
    before: count.meta({ description: 'Detections when the analysed snapshots were taken' }),
    after: count.meta({ description: 'Detections of the draft in the same snapshots' }),
    labels: z.array(z.object({ label: labelSchema, before: count, after: count })),
    analysed: count,
    complete: z.boolean().meta({
      description: 'False if the time for one trial was over first; continue with `next`',
    }),
    next: imageIdSchema.nullable().meta({ description: 'null if there are no older snapshots' }),
    seconds: z.number().meta({ description: 'How long it took' }),
  })
  .meta({ id: 'Trial' });
export type TrialAnswer = z.infer<typeof trialAnswerSchema>;

/** What the motion gate made of the last snapshot. */
export const motionValuesSchema = z
  .object({
    at: instantSchema,
    decision: z.enum(['moved', 'due', 'requested', 'unsettled', 'skipped']).meta({
      description:
        '`moved`: something changed; `due`: `searchEvery` snapshots had passed; `requested`: an operator asked for it; `unsettled`: an object was about to appear or to leave; `skipped`: it was not searched',
    }),
    change: z.number().meta({
      description:
        'The change in grey levels that at least two neighbouring cells have: with a threshold up to this, it counts as motion',
    }),
    changedShare: z.number().min(0).max(1).meta({ description: 'Cells that changed, of all' }),
    columns: z.int(),
    rows: z.int(),
    cells: z
      .array(z.int())
      .meta({ description: 'Change of each cell, in grey levels from 0 to 255, row by row' }),
    sinceSearch: count.meta({ description: 'Snapshots since the last search' }),
  })
  .meta({ id: 'MotionValues' });
export type MotionValues = z.infer<typeof motionValuesSchema>;

export const motionAnswerSchema = z.object({
  status: ok,
  enabled: z.boolean().meta({ description: 'Whether the camera has a gate' }),
  threshold: z.number().meta({ description: 'In effect, or that of a gate without settings' }),
  searchEvery: z.int(),
  last: motionValuesSchema.nullable().meta({
    description:
      'Of the last snapshot; without a gate, between the last two stored ones; null if there are none',
  }),
});
export type MotionAnswer = z.infer<typeof motionAnswerSchema>;
