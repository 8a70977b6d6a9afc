import type { NotificationMessage } from '../../contract/notification-delivery.js';
import type { NotificationWay, WebhookWay } from '../../contract/notification-way.js';
import { presets } from './presets.js';
import { fill, templateFault } from './template.js';
import { pictureModeOf, templateOf } from './webhook-request.js';

interface Fault {
  path: string;
  message: string;
}

/** Headers that the program sets, or that would change how the request is read. */
const OWN_HEADERS =
  /^(host|content-length|content-type|transfer-encoding|connection|upgrade|te|trailer|expect|siteglass-.*)$/i;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

/** What is wrong with a way beyond its form; undefined if nothing is. */
export function checkWay(way: NotificationWay): Fault | undefined {
  return way.kind === 'webhook'
    ? (addressFault(way) ?? headerFault(way) ?? bodyFault(way))
    : undefined;
}

function addressFault({ url, preset, picture }: WebhookWay): Fault | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    return {
      path: 'url',
      message: `expected http://… or https://…, e.g. ${presets[preset].urlHint}`,
    };
  const { pictures, name } = presets[preset];
  if (picture && !pictures.includes(picture))
    return { path: 'picture', message: `expected one of ${pictures.join(', ')} for ${name}` };
  return undefined;
}

function headerFault({ headers }: WebhookWay): Fault | undefined {
  for (const [i, { name, value }] of headers.entries()) {
    if (OWN_HEADERS.test(name))
      return { path: `headers.${i}.name`, message: `${name} is set by Siteglass; leave it out` };
    if (!HEADER_VALUE.test(value))
      return { path: `headers.${i}.value`, message: 'expected one line of Latin characters' };
  }
  return undefined;
}

/** With everything filled in, and with nothing. */
function bodyFault(way: WebhookWay): Fault | undefined {
  const { body, escaping, contentType } = templateOf(way);
  const fault = templateFault(body, escaping);
  if (fault) return { path: 'body', message: fault };
  if (contentType !== 'application/json') return undefined;
  for (const sample of [full(way), empty(way)])
    try {
      JSON.parse(fill(body, sample, escaping, way.recipient));
    } catch {
      return {
        path: 'body',
        message:
          'it does not become valid JSON. Write placeholders between quotes, e.g. "text":"{{text}}"',
      };
    }
  return undefined;
}

const empty = (way: WebhookWay): NotificationMessage => ({
  ...{ id: '', event: 'test', phase: 'test', title: '', text: '', at: new Date(0).toISOString() },
  ...{ site: null, rule: { id: 'x', name: null }, camera: null, cameraName: null, label: null },
  ...{ zones: [], confidence: null, sighting: null, count: 0, happenings: [] },
  picture: pictureModeOf(way) === 'none' ? null : { url: null, mediaType: null },
});

const full = (way: WebhookWay): NotificationMessage => ({
  ...empty(way),
  title: '"quoted"\\',
  text: 'two\nlines {{id}}',
  site: 'north',
  camera: 'gate',
  label: 'person',
  zones: ['a"b'],
  confidence: 0.5,
  count: 1,
});
