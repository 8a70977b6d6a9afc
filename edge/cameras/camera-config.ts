import { z } from 'zod';
import type { AnalysisRequest } from '../../core/detection/detection.js';
import { nearest } from '../../core/runtime/unknown-name.js';
import {
  commonShape,
  fingerprintNeedsTls,
  httpShape,
  oldTlsNeedsFingerprint,
  orientationOnce,
  pushSecretSchema,
  rtspShape,
} from './camera-settings.js';

export type { CameraAuth } from './camera-settings.js';

export const httpCameraSchema = z
  .strictObject({
    ...commonShape,
    ...httpShape,
    kind: z.literal('http'),
    /** Retries within one run. */
    retries: z.int().min(0).max(5).default(2),
  })
  .refine(fingerprintNeedsTls.check, fingerprintNeedsTls)
  .refine(oldTlsNeedsFingerprint.check, oldTlsNeedsFingerprint);
export type HttpCameraConfig = z.infer<typeof httpCameraSchema>;

export const mjpegCameraSchema = z
  .strictObject({ ...commonShape, ...httpShape, kind: z.literal('mjpeg') })
  .refine(fingerprintNeedsTls.check, fingerprintNeedsTls)
  .refine(oldTlsNeedsFingerprint.check, oldTlsNeedsFingerprint);
export type MjpegCameraConfig = z.infer<typeof mjpegCameraSchema>;

/**
 * How long a stream stays open after a snapshot. Decoding the whole stream costs more than opening it again,
 * unless the next snapshot follows within a few seconds.
 */
const holdOpenSeconds = z.number().min(0).max(300).default(3);

export const rtspCameraSchema = z.strictObject({
  ...commonShape,
  ...rtspShape,
  kind: z.literal('rtsp'),
  timeoutSeconds: commonShape.timeoutSeconds.default(10),
  holdOpenSeconds,
});
export type RtspCameraConfig = z.infer<typeof rtspCameraSchema>;

export const deviceCameraSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('device'),
  /** A Video4Linux device. */
  path: z.string().regex(/^\/dev\/[\w./-]+$/, 'expected a device, e.g. /dev/video0'),
  timeoutSeconds: commonShape.timeoutSeconds.default(10),
  holdOpenSeconds,
});
export type DeviceCameraConfig = z.infer<typeof deviceCameraSchema>;

export const videoCameraSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('video'),
  path: z.string().min(1),
  timeoutSeconds: commonShape.timeoutSeconds.default(10),
  /** Each run takes the frame this much later in the file. */
  stepSeconds: z.number().min(0.01).max(3600).default(1),
  /** Starts again at the end of the file; otherwise there is nothing new from then on. */
  loop: z.boolean().default(false),
});
export type VideoCameraConfig = z.infer<typeof videoCameraSchema>;

export const folderCameraSchema = z
  .strictObject({
    ...commonShape,
    kind: z.literal('folder'),
    path: z.string().min(1),
    /** Repeats the files endlessly, one per run: a camera for demonstrations. */
    loop: z.boolean().default(false),
    /** Whether folders in it are searched, too; true if absent, but for a camera that loops. */
    recursive: z.boolean().optional(),
    /** What to do with a file after its analysis. */
    afterwards: z.enum(['keep', 'delete']).default('keep'),
  })
  .refine(({ loop, afterwards }) => !(loop && afterwards === 'delete'), {
    path: ['afterwards'],
    error: 'must be "keep" if "loop" is true',
  });
export type FolderCameraConfig = z.infer<typeof folderCameraSchema>;

export const pushCameraSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('push'),
  /** Allows the uploads of this camera, without a token: in their path, or as the password. */
  pushSecret: pushSecretSchema.optional(),
  /** Maximum number of snapshots accepted within any minute. */
  maxPerMinute: z.int().min(1).max(6000).default(120),
  /** A run without an upload for this long counts as a failure; never if absent. */
  silentAfterSeconds: z.number().min(1).max(604_800).optional(),
});
export type PushCameraConfig = z.infer<typeof pushCameraSchema>;

const KINDS = ['http', 'mjpeg', 'rtsp', 'device', 'video', 'folder', 'push'];

function nearestKind(camera: unknown): string {
  const { kind } = (camera ?? {}) as { kind?: unknown };
  const meant = typeof kind === 'string' ? nearest(kind, KINDS) : undefined;
  return meant === undefined ? '' : `. Did you mean "${meant}"?`;
}

export const cameraSchema = z
  .discriminatedUnion(
    'kind',
    [
      httpCameraSchema,
      mjpegCameraSchema,
      rtspCameraSchema,
      deviceCameraSchema,
      videoCameraSchema,
      folderCameraSchema,
      pushCameraSchema,
    ],
    {
      error: (issue) =>
        issue.code === 'invalid_union'
          ? `expected one of ${KINDS.join(', ')}${nearestKind(issue.input)}`
          : 'expected a camera',
    },
  )
  .refine(orientationOnce.check, orientationOnce);
export type CameraConfig = z.infer<typeof cameraSchema>;

/** Limit on the cameras of a site, wherever they are declared. */
export const MAX_CAMERAS = 256;

/** The cameras of a site, with unique ids. */
export const camerasSchema = z
  .array(cameraSchema)
  .max(MAX_CAMERAS)
  .superRefine((cameras, context) => {
    const seen = new Set<string>();
    for (const [i, { id }] of cameras.entries()) {
      if (seen.has(id))
        context.addIssue({
          code: 'custom',
          path: [i, 'id'],
          message: `duplicate camera id ${id}; expected unique ids`,
        });
      seen.add(id);
    }
  });

/** The analysis that a camera's configuration asks for. */
export function requestOf({
  detectors,
  parameters,
  orientation,
  damaged,
  labels,
  minConfidence,
}: CameraConfig): AnalysisRequest {
  return {
    ...parameters,
    ...(orientation !== 0 && { orientation }),
    ...(damaged === 'accept' && { damaged }),
    ...(labels && { label: [...labels] }),
    ...(minConfidence !== undefined && { minConfidence }),
    ...(detectors && { detector: [...detectors] }),
  };
}
