import type { PictureMode, Preset } from '../../contract/notification-way.js';
import type { Escape } from './template.js';

/** What a receiver expects. */
export interface PresetForm {
  name: string;
  urlHint: string;
  hint: string;
  method: 'POST' | 'PUT';
  contentType: 'application/json' | 'application/x-www-form-urlencoded' | 'text/plain';
  escaping: Escape;
  body: string;
  picture: PictureMode;
  pictures: PictureMode[];
  needsRecipient: boolean;
  /** Added to the address: for a message without an uploaded picture, and for one with it. */
  paths?: { plain: string; file: string };
  /** How a picture is uploaded: the form's field for the body and for the file, or the picture as the whole body. */
  upload?: { field: string; fields?: Record<string, string>; body?: string } | 'body';
}

const WHOLE = '{{message}}';

const TEXT_WITH_LINK = '{{text}}\\n{{pictureUrl}}';

/** Each as the receiver's own documentation describes it; docs/notifications.md has the addresses. */
export const presets: Record<Preset, PresetForm> = {
  json: {
    name: 'JSON',
    urlHint: 'https://example.org/hook',
    hint: 'Any receiver of JSON. Set a signing secret, and let the receiver check the signature.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'json',
    body: WHOLE,
    picture: 'link',
    pictures: ['none', 'link', 'base64', 'file'],
    needsRecipient: false,
    upload: { field: 'picture', body: 'message' },
  },
  'home-assistant': {
    name: 'Home Assistant',
    urlHint: 'http://homeassistant.local:8123/api/webhook/LONG-RANDOM-ID',
    hint: 'In Home Assistant, make an automation with a webhook trigger that allows POST. Its data is in trigger.json.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'json',
    body: WHOLE,
    picture: 'link',
    pictures: ['none', 'link', 'base64'],
    needsRecipient: false,
  },
  ntfy: {
    name: 'ntfy',
    urlHint: 'https://ntfy.sh/LONG-RANDOM-TOPIC',
    hint: 'The address of a topic. Everyone who knows it can read the messages, so take a long random name.',
    method: 'POST',
    contentType: 'text/plain',
    escaping: 'text',
    body: '{{text}}',
    picture: 'file',
    pictures: ['none', 'link', 'file'],
    needsRecipient: false,
    upload: 'body',
  },
  telegram: {
    name: 'Telegram',
    urlHint: 'https://api.telegram.org/bot123456:ABC-TOKEN',
    hint: 'Make a bot with @BotFather, write to it, and take the id of the chat from getUpdates.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'json',
    body: '{"chat_id":"{{recipient}}","text":"{{title}}\\n{{text}}"}',
    picture: 'file',
    pictures: ['none', 'file'],
    needsRecipient: true,
    paths: { plain: '/sendMessage', file: '/sendPhoto' },
    upload: {
      field: 'photo',
      fields: { chat_id: '{{recipient}}', caption: '{{title}}\n{{text}}' },
    },
  },
  slack: {
    name: 'Slack',
    urlHint: 'https://hooks.slack.com/services/T000/B000/XXXX',
    hint: 'Make an app with an incoming webhook for the channel.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'slack-json',
    body: `{"text":"*{{title}}*\\n${TEXT_WITH_LINK}"}`,
    picture: 'link',
    pictures: ['none', 'link'],
    needsRecipient: false,
  },
  discord: {
    name: 'Discord',
    urlHint: 'https://discord.com/api/webhooks/0000/XXXX',
    hint: 'In the settings of the channel, under integrations, make a webhook.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'json',
    body: `{"content":"**{{title}}**\\n{{text}}","allowed_mentions":{"parse":[]}}`,
    picture: 'file',
    pictures: ['none', 'file'],
    needsRecipient: false,
    upload: { field: 'files[0]', body: 'payload_json' },
  },
  custom: {
    name: 'Template of your own',
    urlHint: 'https://example.org/hook',
    hint: 'Any receiver. The body is a template with placeholders.',
    method: 'POST',
    contentType: 'application/json',
    escaping: 'json',
    body: '{"title":"{{title}}","text":"{{text}}","picture":"{{pictureUrl}}"}',
    picture: 'link',
    pictures: ['none', 'link', 'file'],
    needsRecipient: false,
    upload: { field: 'picture', body: 'message' },
  },
};
