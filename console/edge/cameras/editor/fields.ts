import type { CameraKind } from '../../../../core/contract/camera-settings.js';

export type Unit = 'seconds' | 'days' | 'pixels' | 'bytes' | 'snapshots';

/** How a setting is edited. Its texts are those of its path in the catalogue. */
export interface FieldSpec {
  path: string;
  type: 'text' | 'number' | 'check' | 'choice' | 'secret' | 'slider';
  /** All kinds if absent. */
  kinds?: readonly CameraKind[];
  standard?: number | boolean;
  /** Of kinds that have another default. */
  standardOf?: Partial<Record<CameraKind, number>>;
  min?: number;
  max?: number;
  step?: number;
  unit?: Unit;
  /** Values of a choice, as JSON; an empty text stands for the default. */
  choices?: readonly string[];
  required?: boolean;
}

export const STANDARD_SCHEDULE = '*/10 * * * * *';

export type GroupName =
  | 'source'
  | 'schedule'
  | 'detection'
  | 'motion'
  | 'image'
  | 'delivery'
  | 'advanced';

const HTTP = ['http', 'mjpeg'] as const;
const ADDRESSED = ['http', 'mjpeg', 'rtsp'] as const;
const FILES = ['folder', 'video', 'device'] as const;
const SLOW = { rtsp: 10, device: 10, video: 10 };
const STREAMS: readonly CameraKind[] = ['rtsp', 'device', 'video'];

/** Settings that some kinds have and others do not. */
export const KIND_KEYS: Record<CameraKind, readonly string[]> = {
  http: ['url', 'auth', 'fingerprint', 'oldTls', 'retries'],
  mjpeg: ['url', 'auth', 'fingerprint', 'oldTls'],
  rtsp: ['url', 'auth', 'holdOpenSeconds'],
  device: ['path', 'holdOpenSeconds'],
  video: ['path', 'stepSeconds', 'loop'],
  folder: ['path', 'loop', 'recursive', 'afterwards'],
  push: ['pushSecret', 'maxPerMinute', 'silentAfterSeconds'],
};

const seconds = { type: 'number', unit: 'seconds', min: 0 } as const;
const pixels = { type: 'number', unit: 'pixels', min: 0, max: 16_384, step: 1 } as const;

const SOURCE: FieldSpec[] = [
  { path: 'name', type: 'text' },
  { path: 'url', type: 'text', kinds: ADDRESSED, required: true },
  { path: 'path', type: 'text', kinds: FILES, required: true },
  { path: 'auth.username', type: 'text', kinds: ADDRESSED },
  { path: 'auth.password', type: 'secret', kinds: ADDRESSED },
  { path: 'pushSecret', type: 'secret', kinds: ['push'] },
  { path: 'loop', type: 'check', kinds: ['folder', 'video'] },
  { path: 'recursive', type: 'choice', kinds: ['folder'], choices: ['', 'true', 'false'] },
  { path: 'afterwards', type: 'choice', kinds: ['folder'], choices: ['"keep"', '"delete"'] },
  { path: 'stepSeconds', ...seconds, kinds: ['video'], standard: 1, min: 0.01, max: 3_600 },
];

/** A threshold of a detector alone has no slider: where it is not set, the detectors have their own. */
export const CONFIDENCE: FieldSpec = {
  path: 'minConfidence',
  type: 'slider',
  min: 0,
  max: 1,
  step: 0.01,
};

const DETECTION: FieldSpec[] = [
  CONFIDENCE,
  { path: 'parameters.minSize', ...pixels, min: 1 },
  { path: 'parameters.maxSize', ...pixels },
  {
    path: 'parameters.tiles',
    type: 'choice',
    choices: ['', '"1"', '"2x1"', '"1x2"', '"2x2"', '"3x2"', '"3x3"', '"4x2"', '"4x4"'],
  },
  { path: 'parameters.scaleFactor', type: 'number', min: 1.01, max: 2, step: 0.01 },
  { path: 'parameters.minNeighbors', type: 'number', min: 0, max: 100, step: 1 },
];

export const THRESHOLD: FieldSpec = {
  path: 'motion.threshold',
  type: 'slider',
  standard: 6,
  min: 1,
  max: 100,
  step: 1,
};

const ADVANCED: FieldSpec[] = [
  { path: 'timeoutSeconds', ...seconds, standard: 5, standardOf: SLOW, max: 60 },
  { path: 'jitterSeconds', ...seconds, standard: 0, max: 300 },
  { path: 'maxPictureAgeSeconds', ...seconds, min: 1 },
  { path: 'maxBytes', type: 'number', unit: 'bytes', standard: 10_485_760, min: 1_024, step: 1 },
  { path: 'retries', type: 'number', kinds: ['http'], standard: 2, min: 0, max: 5, step: 1 },
  { path: 'holdOpenSeconds', ...seconds, kinds: STREAMS, standard: 3, max: 300 },
  {
    path: 'auth.scheme',
    type: 'choice',
    kinds: HTTP,
    choices: ['"auto"', '"digest"', '"basic"'],
  },
  { path: 'fingerprint', type: 'text', kinds: HTTP },
  { path: 'oldTls', type: 'check', kinds: HTTP },
  { path: 'maxPerMinute', type: 'number', kinds: ['push'], standard: 120, min: 1, step: 1 },
  { path: 'silentAfterSeconds', ...seconds, kinds: ['push'], min: 1 },
];

/** The settings in the order of the page. Schedules, windows, detectors, zones and the gate's mode have editors of their own. */
export const GROUPS: Record<GroupName, readonly FieldSpec[]> = {
  source: SOURCE,
  schedule: [{ path: 'enabled', type: 'check', standard: true }],
  detection: DETECTION,
  motion: [
    THRESHOLD,
    {
      path: 'motion.searchEvery',
      type: 'number',
      unit: 'snapshots',
      standard: 30,
      min: 1,
      step: 1,
    },
  ],
  image: [
    { path: 'orientation', type: 'choice', choices: ['0', '90', '180', '270'] },
    { path: 'parameters.workingSize', ...pixels },
    { path: 'damaged', type: 'choice', choices: ['"refuse"', '"accept"'] },
  ],
  delivery: [
    { path: 'sightings.appearAfter', type: 'number', standard: 2, min: 1, max: 20, step: 1 },
    { path: 'sightings.within', type: 'number', standard: 3, min: 1, max: 60, step: 1 },
    { path: 'sightings.leaveAfter', type: 'number', standard: 3, min: 1, max: 60, step: 1 },
    { path: 'sightings.overlap', type: 'number', standard: 0.3, min: 0.05, max: 0.95, step: 0.05 },
    { path: 'sightings.staticAfterSeconds', ...seconds, standard: 300, min: 1 },
    { path: 'maxAgeDays', type: 'number', unit: 'days', min: 0, max: 3_650 },
  ],
  advanced: ADVANCED,
};

export const isFor = ({ kinds }: FieldSpec, kind: CameraKind): boolean =>
  kinds === undefined || kinds.includes(kind);

export const standardOf = (spec: FieldSpec, kind: CameraKind): number | boolean | undefined =>
  spec.standardOf?.[kind] ?? spec.standard;

/** Whether a value says the same as none. */
export function isStandard(spec: FieldSpec, kind: CameraKind, value: unknown): boolean {
  if (spec.type === 'check') return value === Boolean(spec.standard);
  if (spec.type === 'choice') return JSON.stringify(value) === spec.choices?.[0];
  return value !== undefined && value === standardOf(spec, kind);
}
