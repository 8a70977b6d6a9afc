import { z } from 'zod';
import { imageIdSchema, instantSchema } from './names.js';
import { acknowledgementSchema, uplinkRecordSchema } from './summary.js';

export const siteAvailabilitySchema = z.enum(['online', 'stopped', 'offline']);
export type SiteAvailability = z.infer<typeof siteAvailabilitySchema>;
export const cameraAvailabilitySchema = z.enum(['online', 'offline']);

export const cameraStateSchema = z
  .object({
    counts: z.record(z.string(), z.int().min(0)),
    snapshot: imageIdSchema,
    takenAt: instantSchema,
  })
  .meta({ id: 'CameraState' });

export const healthSchema = z
  .object({
    version: z.string(),
    status: z.enum(['ok', 'degraded']),
    reasons: z.array(z.string()),
    uptimeSeconds: z.number(),
    outbox: z.object({ depth: z.int(), oldestSeconds: z.number().nullable() }),
    cameras: z.object({ online: z.int(), total: z.int() }),
    detectionsPerMinute: z.number(),
    disk: z.object({ usedBytes: z.int(), budgetBytes: z.int(), freeBytes: z.int() }),
    load1m: z.number(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

interface Topic<S extends z.ZodType = z.ZodType, P extends string = string> {
  /** Levels below the root; `{site}` and `{camera}` stand for names. */
  path: P;
  payload: S;
  /** Text payloads go as they are, the others as JSON. */
  form: 'text' | 'json';
  qos: 0 | 1;
  retain: boolean;
}

const topic = <S extends z.ZodType, P extends string>(
  path: P,
  payload: S,
  form: 'text' | 'json',
  qos: 0 | 1,
  retain: boolean,
): Topic<S, P> => ({ path, payload, form, qos, retain });

/** The one map of what goes over MQTT, below the configurable root (`siteglass`). */
export const topics = {
  siteAvailability: topic('{site}/availability', siteAvailabilitySchema, 'text', 1, true),
  health: topic('{site}/health', healthSchema, 'json', 0, true),
  cameraAvailability: topic(
    '{site}/{camera}/availability',
    cameraAvailabilitySchema,
    'text',
    1,
    true,
  ),
  cameraState: topic('{site}/{camera}/state', cameraStateSchema, 'json', 1, true),
  up: topic('{site}/up', uplinkRecordSchema, 'json', 1, false),
  ack: topic('{site}/ack', acknowledgementSchema, 'json', 1, true),
} as const satisfies Record<string, Topic>;

/** Largest payload that is published or accepted, in bytes. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

export type TopicName = keyof typeof topics;
export type Payload<N extends TopicName> = z.infer<(typeof topics)[N]['payload']>;

/** The names that a topic's path asks for, e.g. `{ site, camera }`. */
type NamesIn<P extends string> = P extends `${string}{${infer K}}${infer Rest}`
  ? { [key in K]: string } & NamesIn<Rest>
  : unknown;
export type TopicNames<N extends TopicName> = NamesIn<(typeof topics)[N]['path']>;

/** A camera may not bear the name of a level that a site's own topics use. */
export const RESERVED_CAMERA_NAMES = ['availability', 'health', 'up', 'ack'];

const fill = (path: string, names: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, key: string) => names[key] ?? '+');

export function topicFor<N extends TopicName>(root: string, name: N, names: TopicNames<N>): string {
  return `${root}/${fill(topics[name].path, names as Record<string, string>)}`;
}

/** The filter that matches a topic for every name that is left out. */
export function filterFor<N extends TopicName>(
  root: string,
  name: N,
  names: Partial<Record<string, string>> = {},
): string {
  return `${root}/${fill(topics[name].path, names as Record<string, string>)}`;
}

/** The names in a received topic, or undefined where it is not one of `name`'s. */
export function namesIn<N extends TopicName>(
  root: string,
  name: N,
  received: string,
): TopicNames<N> | undefined {
  const expected = `${root}/${topics[name].path}`.split('/');
  const levels = received.split('/');
  if (levels.length !== expected.length) return undefined;
  const names: Record<string, string> = {};
  for (const [i, level] of expected.entries()) {
    const actual = levels[i] ?? '';
    if (level.startsWith('{')) names[level.slice(1, -1)] = actual;
    else if (level !== actual) return undefined;
  }
  return names as TopicNames<N>;
}

export function encodePayload<N extends TopicName>(name: N, payload: Payload<N>): string {
  return topics[name].form === 'text' ? String(payload) : JSON.stringify(payload);
}

export type Decoded<N extends TopicName> =
  | { ok: true; payload: Payload<N> }
  | { ok: false; reason: string };

export function decodePayload<N extends TopicName>(name: N, bytes: string): Decoded<N> {
  const { form, payload } = topics[name];
  let value: unknown = bytes;
  if (form === 'json') {
    try {
      value = JSON.parse(bytes);
    } catch {
      return { ok: false, reason: 'not JSON' };
    }
  }
  const parsed = payload.safeParse(value);
  return parsed.success
    ? { ok: true, payload: parsed.data as Payload<N> }
    : { ok: false, reason: z.prettifyError(parsed.error) };
}
