import type { NotificationMessage } from '../../contract/notification-delivery.js';
import type { PictureMode, WebhookWay } from '../../contract/notification-way.js';
import type { HttpMessage } from './http-send.js';
import { type Multipart, multipart } from './multipart.js';
import { fileNameOf, type Picture } from './picture.js';
import { type PresetForm, presets } from './presets.js';
import { signatureHeaders } from './signature.js';
import { type Escape, fill } from './template.js';

/** How a webhook's picture goes, by its settings and its preset. */
export const pictureModeOf = ({ preset, picture }: WebhookWay): PictureMode =>
  picture ?? presets[preset].picture;

/** The template of a way and how its values are escaped. */
export function templateOf(way: WebhookWay): {
  body: string;
  escaping: Escape;
  contentType: string;
} {
  const form = presets[way.preset];
  const contentType = way.contentType ?? form.contentType;
  const escaping = contentType === form.contentType ? form.escaping : ESCAPES[contentType];
  return { body: way.body ?? form.body, escaping, contentType };
}

const ESCAPES = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'text/plain': 'text',
} as const satisfies Record<string, Escape>;

/** The request that carries a message. `picture` is there if its bytes are to be sent. */
export function webhookRequest(
  way: WebhookWay,
  message: NotificationMessage,
  picture: Picture | undefined,
  nowMs: number,
): HttpMessage {
  const form = presets[way.preset];
  const mode = pictureModeOf(way);
  const whole = withBase64(message, mode === 'base64' ? picture : undefined);
  const upload = mode === 'file' && picture ? uploadOf(way, form, whole, picture) : undefined;
  const { body, contentType } = upload ?? plainBody(way, whole);
  const given = Object.fromEntries(way.headers.map(({ name, value }) => [name, value]));
  return {
    url: addressOf(way, form, whole, Boolean(upload)),
    method: way.method ?? (form.upload === 'body' && upload ? 'PUT' : form.method),
    headers: {
      'User-Agent': 'Siteglass',
      'Content-Type': contentType,
      'Siteglass-Delivery': message.id,
      ...given,
      ...(way.signingSecret !== undefined && signatureHeaders(way.signingSecret, body, nowMs)),
    },
    body,
  };
}

function plainBody(way: WebhookWay, message: NotificationMessage): Multipart {
  const { body, escaping, contentType } = templateOf(way);
  const text = fill(body, message, escaping, way.recipient);
  return { body: Buffer.from(text), contentType: `${contentType}; charset=utf-8` };
}

function uploadOf(
  way: WebhookWay,
  { upload }: PresetForm,
  message: NotificationMessage,
  picture: Picture,
): Multipart | undefined {
  if (upload === undefined) return undefined;
  const { mediaType, bytes } = picture;
  if (upload === 'body') return { body: bytes, contentType: mediaType };
  const { field, fields = {}, body } = upload;
  const template = templateOf(way);
  const texts = Object.entries(fields).map(([name, text]) => ({
    name,
    value: fill(text, message, 'text', way.recipient).slice(0, MAX_FIELD),
  }));
  const main = body
    ? [
        {
          name: body,
          value: fill(template.body, message, template.escaping, way.recipient),
          contentType: template.contentType,
        },
      ]
    : [];
  return multipart([...main, ...texts], { field, fileName: fileNameOf(picture), mediaType, bytes });
}

/** Telegram takes 1,024 characters as a caption. */
const MAX_FIELD = 1_024;

/** ntfy takes what is not the body as parameters of the address, where every character is possible. */
function addressOf(
  way: WebhookWay,
  { paths }: PresetForm,
  message: NotificationMessage,
  hasFile: boolean,
): string {
  const url = new URL(way.url);
  if (paths)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${hasFile ? paths.file : paths.plain}`;
  if (way.preset !== 'ntfy') return url.href;
  url.searchParams.set('title', message.title);
  if (message.phase === 'problem') url.searchParams.set('priority', 'high');
  if (hasFile) {
    url.searchParams.set('message', message.text);
    url.searchParams.set('filename', 'snapshot.jpg');
  } else if (message.picture?.url) {
    url.searchParams.set('attach', message.picture.url);
  }
  return url.href;
}

function withBase64(message: NotificationMessage, picture: Picture | undefined) {
  if (!picture || !message.picture) return message;
  const { mediaType, bytes } = picture;
  return {
    ...message,
    picture: { ...message.picture, mediaType, base64: bytes.toString('base64') },
  };
}
