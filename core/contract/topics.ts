import { z } from 'zod';
import { commandResultSchema, commandTextSchema } from './command.js';
import { discoveryMessageSchema } from './discovery.js';
import {
  cameraAvailabilitySchema,
  cameraReportSchema,
  cameraStateSchema,
  healthSchema,
  siteAvailabilitySchema,
} from './live-payloads.js';
import { mqttNotificationSchema } from './notification-delivery.js';
import { sightingEventSchema } from './sighting.js';
import { acknowledgementSchema, uplinkRecordSchema } from './summary.js';

type Form = 'text' | 'json' | 'bytes';

export interface Topic<S extends z.ZodType = z.ZodType, P extends string = string> {
  /** Levels below the root, or the whole topic if `absolute`; `{site}` and `{camera}` stand for ids. */
  path: P;
  payload: S;
  /** Text and bytes are sent as they are, other payloads as JSON. */
  form: Form;
  qos: 0 | 1;
  retain: boolean;
  /** `in`: the appliance subscribes to the topic. */
  direction: 'out' | 'in';
  about: string;
  absolute?: boolean;
  /** Its JSON carries a checksum over the site and the content, see checksum.ts. */
  checked?: boolean;
  maxBytes?: number;
}

const topic = <S extends z.ZodType, P extends string>(
  path: P,
  payload: S,
  form: Form,
  qos: 0 | 1,
  retain: boolean,
  about: string,
  more: Partial<Pick<Topic, 'direction' | 'absolute' | 'checked' | 'maxBytes'>> = {},
): Topic<S, P> => ({ path, payload, form, qos, retain, about, direction: 'out', ...more });

/** Limit for an image or the discovery of a device, in bytes: what the embedded broker accepts, less the packet header. */
const MAX_LARGE_BYTES = 1_000_000;

/** The map of all MQTT topics. They are below the configurable root (`siteglass`), except for those of Home Assistant. */
export const topics = {
  siteAvailability: topic(
    '{site}/availability',
    siteAvailabilitySchema,
    'text',
    1,
    true,
    '`online`; `stopped` after a clean stop; `offline` (the will, sent by the broker) if the connection is lost',
  ),
  health: topic(
    '{site}/health',
    healthSchema,
    'json',
    0,
    true,
    'every minute: version, `ok` or `degraded` with reasons, uptime, outbox, cameras, disk, load',
  ),
  cameraAvailability: topic(
    '{site}/{camera}/availability',
    cameraAvailabilitySchema,
    'text',
    1,
    true,
    '`online`, or `offline` in every other state of the camera',
  ),
  cameraState: topic(
    '{site}/{camera}/state',
    cameraStateSchema,
    'json',
    1,
    true,
    'counts by label in the last analysed snapshot, present objects, static objects; at least every minute',
  ),
  cameraReport: topic(
    '{site}/{camera}/report',
    cameraReportSchema,
    'json',
    1,
    true,
    'the state of the camera, its circuit, its last error, its snapshot counts; on each change and every minute',
  ),
  event: topic(
    '{site}/{camera}/event',
    sightingEventSchema,
    'json',
    1,
    false,
    'an object `appeared` or `left`, in the form of a Home Assistant event',
  ),
  snapshot: topic(
    '{site}/{camera}/snapshot',
    z.instanceof(Uint8Array),
    'bytes',
    0,
    true,
    'the last snapshot with boxes, as JPEG; off by default',
    { maxBytes: MAX_LARGE_BYTES },
  ),
  picture: topic(
    '{site}/{camera}/picture',
    z.url({ protocol: /^https?$/ }),
    'text',
    1,
    true,
    'the address of the last snapshot with boxes, for Home Assistant; only if it has the discovery, and not the snapshots',
  ),
  notification: topic(
    '{site}/notification',
    mqttNotificationSchema,
    'json',
    1,
    false,
    'a message of a notification rule whose way is MQTT, from the appliance or, about the site, from the relay',
  ),
  command: topic(
    '{site}/{camera}/command',
    commandTextSchema,
    'text',
    1,
    false,
    '`snapshot`, `pause` or `resume`, as a word or as `{"command","id"}`',
    { direction: 'in' },
  ),
  result: topic(
    '{site}/{camera}/result',
    commandResultSchema,
    'json',
    1,
    false,
    'the result of a command; an error for an unknown command',
  ),
  up: topic(
    '{site}/up',
    uplinkRecordSchema,
    'json',
    1,
    false,
    'a summary for the relay, with `epoch` and `seq`',
    { checked: true },
  ),
  ack: topic(
    '{site}/ack',
    acknowledgementSchema,
    'json',
    1,
    true,
    'from the relay: it has committed everything up to `seq` of `epoch`',
    { direction: 'in', checked: true },
  ),
  discovery: topic(
    'homeassistant/device/siteglass-{site}/config',
    discoveryMessageSchema,
    'json',
    1,
    true,
    'device discovery for Home Assistant: the appliance',
    { absolute: true, maxBytes: MAX_LARGE_BYTES },
  ),
  cameraDiscovery: topic(
    'homeassistant/device/siteglass-{site}/{camera}/config',
    discoveryMessageSchema,
    'json',
    1,
    true,
    'device discovery for Home Assistant: a camera as a device of its own',
    { absolute: true, maxBytes: MAX_LARGE_BYTES },
  ),
  homeAssistant: topic(
    'homeassistant/status',
    z.enum(['online', 'offline']),
    'text',
    1,
    true,
    'from Home Assistant: on `online` the appliance publishes the discovery and its retained topics again',
    { direction: 'in', absolute: true },
  ),
} as const satisfies Record<string, Topic>;

/** Largest payload that is published or accepted, in bytes. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

export type TopicName = keyof typeof topics;
export type Payload<N extends TopicName> = z.infer<(typeof topics)[N]['payload']>;

/** The names that the path of a topic needs, e.g. `{ site, camera }`. */
type NamesIn<P extends string> = P extends `${string}{${infer K}}${infer Rest}`
  ? { [key in K]: string } & NamesIn<Rest>
  : Record<never, string>;
export type TopicNames<N extends TopicName> = NamesIn<(typeof topics)[N]['path']>;

/** Camera ids that are not allowed, because the site's own topics use them as a level. */
export const RESERVED_CAMERA_NAMES = ['availability', 'health', 'up', 'ack'];

/** The limit on the payload of a topic, in bytes. */
export const maxBytesOf = (name: TopicName): number =>
  (topics[name] as Topic).maxBytes ?? MAX_PAYLOAD_BYTES;

const patternOf = (root: string, name: TopicName): string => {
  const { path, absolute } = topics[name] as Topic;
  return absolute ? path : `${root}/${path}`;
};

const fill = (root: string, name: TopicName, names: Record<string, string>) =>
  patternOf(root, name).replace(/\{(\w+)\}/g, (_, key: string) => names[key] ?? '+');

export function topicFor<N extends TopicName>(root: string, name: N, names: TopicNames<N>): string {
  return fill(root, name, names as Record<string, string>);
}

/** The topic filter, with a wildcard for every name that is left out. */
export function filterFor<N extends TopicName>(
  root: string,
  name: N,
  names: Partial<Record<string, string>> = {},
): string {
  return fill(root, name, names as Record<string, string>);
}

/** Whether a topic matches a filter with `+` for some of its levels. */
export function matchesFilter(filter: string, received: string): boolean {
  const expected = filter.split('/');
  const levels = received.split('/');
  return (
    levels.length === expected.length &&
    levels.every((level, i) => expected[i] === '+' || level === expected[i])
  );
}

/** Reads the names in received topics; undefined for one that is not a topic of `name`. */
export function namesReader<N extends TopicName>(
  root: string,
  name: N,
): (received: string) => TopicNames<N> | undefined {
  // A name is the end of a level, or the whole level.
  const levels = patternOf(root, name)
    .split('/')
    .map((level) => {
      const start = level.indexOf('{');
      return start < 0
        ? { fixed: level, key: undefined }
        : { fixed: level.slice(0, start), key: level.slice(start + 1, -1) };
    });
  return (received) => {
    const actual = received.split('/');
    if (actual.length !== levels.length) return undefined;
    const names: Record<string, string> = {};
    for (const [i, { fixed, key }] of levels.entries()) {
      const level = actual[i] ?? '';
      if (key === undefined ? level !== fixed : !level.startsWith(fixed)) return undefined;
      if (key !== undefined) names[key] = level.slice(fixed.length);
    }
    return names as TopicNames<N>;
  };
}

/** The names in a received topic; undefined if it is not a topic of `name`. */
export const namesIn = <N extends TopicName>(
  root: string,
  name: N,
  received: string,
): TopicNames<N> | undefined => namesReader(root, name)(received);
