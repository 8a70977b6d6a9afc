import { validateDetailed } from 'node-cron';
import { z } from 'zod';
import {
  confidenceSchema,
  labelsSchema,
  MAX_DETECTORS,
  orientationSchema,
  preparationSchema,
  searchParametersSchema,
  tilesSchema,
} from '../../core/contract/detection.js';
import { damagedSchema } from '../../core/contract/image.js';
import { nameSchema } from '../../core/contract/names.js';
import { timeWindowSchema } from '../../core/contract/time-window.js';
import { RESERVED_CAMERA_NAMES } from '../../core/contract/topics.js';
import { zoneSchema } from '../../core/contract/zone.js';
import { secretSchema } from '../../core/runtime/configuration.js';
import { sightingShape } from '../sightings/sighting-settings.js';

const MEBIBYTE = 1_048_576;

const cronSchema = z.string().superRefine((expression, context) => {
  const [error] = validateDetailed(expression).errors;
  if (!error) return;
  const fault =
    error.field === 'expression' ? error.message : `the ${error.field} field is invalid`;
  context.addIssue({
    code: 'custom',
    message: `${fault}; expected cron fields with seconds first, e.g. "*/10 * * * * *"`,
  });
});

const cameraIdSchema = nameSchema.refine((id) => !RESERVED_CAMERA_NAMES.includes(id), {
  error: `is reserved; expected an id other than ${RESERVED_CAMERA_NAMES.join(', ')}`,
});

/** YAML reads 1 as a number. */
const tiles = z.union([z.literal(1).transform(() => '1'), tilesSchema]);

/** Settings of every kind of camera. */
export const commonShape = {
  id: cameraIdSchema,
  name: z.string().min(1).max(64).optional(),
  schedule: cronSchema.default('*/10 * * * * *'),
  /** When the schedule applies, in the machine's local time; always if there are none. */
  windows: z.array(timeWindowSchema).max(32).default([]),
  /** Each run is delayed by a random time up to this, so that cameras do not all respond at once. */
  jitterSeconds: z.number().min(0).max(300).default(0),
  /** Timeout of one attempt to take a snapshot. */
  timeoutSeconds: z.number().min(0.1).max(60).default(5),
  /**
   * Without a new, analysed picture for this long the camera is stale. By default 5 minutes, and at least 10 runs; never
   * for cameras that may be quiet (folder, push).
   */
  maxPictureAgeSeconds: z.number().min(1).max(31_536_000).optional(),
  maxBytes: z
    .int()
    .min(1024)
    .max(100 * MEBIBYTE)
    .default(10 * MEBIBYTE),
  /** The default detector if absent. */
  detectors: z.array(nameSchema).min(1).max(MAX_DETECTORS).optional(),
  parameters: z
    .strictObject({ ...searchParametersSchema.shape, ...preparationSchema.shape, tiles })
    .partial()
    .default({}),
  /** Only these are detected; if absent, all that the detectors find. */
  labels: labelsSchema.optional(),
  /** Weaker detections are left out; the detectors' own limit if absent. A zone may have another one. */
  minConfidence: confidenceSchema.optional(),
  /** How the camera is mounted: the clockwise rotation, in degrees, that makes its image upright. */
  orientation: orientationSchema.default(0),
  zones: z.array(zoneSchema).max(32).default([]),
  /** Its snapshots are deleted after this time; if absent, by the site's retention alone. */
  maxAgeDays: z.number().positive().max(3_650).optional(),
  /** Whether an image of which a part is missing or made up is refused (by default), or searched for what it shows. */
  damaged: damagedSchema.optional(),
  /** If false, the camera starts paused. */
  enabled: z.boolean().default(true),
  ...sightingShape,
};

const authSchema = z.strictObject({
  username: z
    .string()
    .min(1)
    .regex(/^[^:]*$/, 'must not contain ":"'),
  password: secretSchema,
  /** `auto` answers the camera's challenge, digest first; `basic` sends the password with every request. */
  scheme: z.enum(['auto', 'basic', 'digest']).default('auto'),
});
export type CameraAuth = z.infer<typeof authSchema>;

const urlSchema = (protocol: RegExp, expected: string) =>
  z.url({ protocol, error: `expected an ${expected} URL` }).refine((url) => !hasCredentials(url), {
    error: 'must not contain a user name or password; put them under "auth"',
  });

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** The address of a camera over HTTP, and how it is authenticated. */
export const httpShape = {
  url: urlSchema(/^https?$/, 'http:// or https://'),
  auth: authSchema.optional(),
  /** SHA-256 fingerprint of a self-signed certificate, instead of a certificate authority. */
  fingerprint: z
    .string()
    .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'expected a SHA-256 as 64 hexadecimal digits')
    .optional(),
  /** Accepts TLS 1.0 and 1.1, old ciphers and short keys, if the certificate has the fingerprint. */
  oldTls: z.boolean().default(false),
};

export const rtspShape = {
  url: urlSchema(/^rtsp$/, 'rtsp://'),
  auth: authSchema.omit({ scheme: true }).optional(),
};

/** A fingerprint has no effect without TLS. */
export const fingerprintNeedsTls = {
  check: ({ url, fingerprint }: { url: string; fingerprint?: string | undefined }) =>
    fingerprint === undefined || url.startsWith('https:'),
  path: ['fingerprint'],
  error: 'requires an https:// URL',
};

/** Old TLS protects nothing unless the camera is known by its certificate. */
export const oldTlsNeedsFingerprint = {
  check: ({ fingerprint, oldTls }: { fingerprint?: string | undefined; oldTls: boolean }) =>
    !oldTls || fingerprint !== undefined,
  path: ['oldTls'],
  error: 'requires a fingerprint',
};

/** Characters that stay as they are in a path. */
export const PUSH_SECRET = /^[\w-]{16,128}$/;

/** A secret that is good for the uploads of one camera alone. */
export const pushSecretSchema = secretSchema.refine(
  (secret) => typeof secret !== 'string' || PUSH_SECRET.test(secret),
  { error: 'expected 16 to 128 of A-Z, a-z, 0-9, "-" and "_"' },
);

/** `orientation` makes the whole image upright; `parameters.orientations` lists the rotations to search. */
export const orientationOnce = {
  check: (camera: { orientation: number; parameters: { orientations?: unknown } }) =>
    camera.orientation === 0 || camera.parameters.orientations === undefined,
  path: ['parameters', 'orientations'],
  error: 'must not be combined with "orientation"; remove one of them',
};
