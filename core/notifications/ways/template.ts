import type { NotificationMessage } from '../../contract/notification-delivery.js';
import { unknownName } from '../../runtime/unknown-name.js';
import { localTime } from '../message.js';

/** What a template may contain as `{{name}}`. */
export const PLACEHOLDERS = {
  id: 'Id of the message; the same if it arrives twice',
  event: 'What the rule is for, e.g. appeared',
  phase: 'event, problem, recovered or test',
  title: 'Short text in one line',
  text: 'What happened, with a line for each time',
  at: 'When, in UTC, e.g. 2026-11-27T16:02:03.000Z',
  time: 'When, in the local time of the machine',
  site: 'Id of the site',
  rule: 'Name of the rule, or its id',
  camera: 'Id of the camera',
  cameraName: 'Name of the camera, or its id',
  label: 'What was seen',
  zones: 'Names of the zones, with commas',
  confidence: '0 to 1',
  percent: 'The confidence as a whole number of percent',
  sighting: 'Id of the sighting',
  count: 'How many happenings the message stands for',
  pictureUrl: 'Address of the picture; empty without one',
  recipient: 'The recipient in the settings of the way',
  message: 'The whole message as JSON, without quotes around it; only in JSON',
} as const;

type Placeholder = keyof typeof PLACEHOLDERS;

/** How values are written, so that none of them can change the structure of the body. */
export type Escape = 'json' | 'form' | 'text' | 'slack-json';

const ANY = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The first fault of a template; undefined if there is none. */
export function templateFault(template: string, escaping: Escape): string | undefined {
  for (const [, name = ''] of template.matchAll(ANY)) {
    if (!Object.hasOwn(PLACEHOLDERS, name))
      return unknownName(`there is no placeholder "${name}"`, name, Object.keys(PLACEHOLDERS));
    if (name === 'message' && !isJson(escaping))
      return 'the placeholder message is only for application/json';
  }
  return undefined;
}

/** Fills in a template. Unknown placeholders become empty; `templateFault` finds them before. */
export function fill(
  template: string,
  message: NotificationMessage,
  escaping: Escape,
  recipient = '',
): string {
  const values = valuesOf(message, recipient);
  return template.replace(ANY, (_, name: string) => {
    if (name === 'message') return isJson(escaping) ? JSON.stringify(message) : '';
    const value = Object.hasOwn(values, name) ? values[name as keyof typeof values] : '';
    return ESCAPES[escaping](value);
  });
}

const isJson = (escaping: Escape) => escaping === 'json' || escaping === 'slack-json';

const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '\uFFFD');

/** For a place between quotes. A lone half of a character would be no valid UTF-8. */
const jsonText = (value: string): string => JSON.stringify(wellFormed(value)).slice(1, -1);

const ESCAPES: Record<Escape, (value: string) => string> = {
  json: jsonText,
  form: (value) => encodeURIComponent(wellFormed(value)),
  text: (value) => wellFormed(value).replace(/[^\P{Cc}\n]/gu, ' '),
  // https://api.slack.com/reference/surfaces/formatting#escaping
  'slack-json': (value) =>
    jsonText(value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')),
};

function valuesOf(
  message: NotificationMessage,
  recipient: string,
): Record<Exclude<Placeholder, 'message'>, string> {
  const { confidence, rule } = message;
  return {
    id: message.id,
    event: message.event,
    phase: message.phase,
    title: message.title,
    text: message.text,
    at: message.at,
    time: localTime(message.at),
    site: message.site ?? '',
    rule: rule.name ?? rule.id,
    camera: message.camera ?? '',
    cameraName: message.cameraName ?? message.camera ?? '',
    label: message.label ?? '',
    zones: message.zones.join(', '),
    confidence: confidence === null ? '' : String(confidence),
    percent: confidence === null ? '' : String(Math.round(confidence * 100)),
    sighting: message.sighting ?? '',
    count: String(message.count),
    pictureUrl: message.picture?.url ?? '',
    recipient,
  };
}
