import type { WayResource } from '../../../core/contract/notification.js';
import type { GivenWay, Preset } from '../../../core/contract/notification-way.js';

/** What a person chooses first: a preset of a webhook, or another kind. */
export type WayChoice = Preset | 'email' | 'mqtt';

export const WAY_CHOICES: readonly WayChoice[] = [
  'ntfy',
  'telegram',
  'slack',
  'discord',
  'home-assistant',
  'email',
  'mqtt',
  'json',
  'custom',
];

export type WebhookDraft = Extract<GivenWay, { kind: 'webhook' }>;
export type EmailDraft = Extract<GivenWay, { kind: 'email' }>;
export type MqttDraft = Extract<GivenWay, { kind: 'mqtt' }>;

export const choiceOf = (way: GivenWay | WayResource): WayChoice =>
  way.kind === 'webhook' ? way.preset : way.kind;

const common = (name: string | undefined) => ({
  id: '',
  enabled: true,
  maxPerMinute: 30,
  ...(name !== undefined && { name }),
});

/** Keeps the name that was typed for another choice. */
export function newWay(choice: WayChoice, name?: string): GivenWay {
  if (choice === 'mqtt')
    return { ...common(name), kind: 'mqtt', connection: 'lan', picture: 'link' };
  if (choice === 'email')
    return {
      ...common(name),
      kind: 'email',
      host: '',
      security: 'starttls',
      from: '',
      to: [],
      picture: 'file',
    };
  return { ...common(name), kind: 'webhook', preset: choice, url: '', headers: [] };
}

const STATE = [
  'declaredIn',
  'readOnly',
  'problem',
  'waiting',
  'failures',
  'failingSince',
  'nextAttemptAt',
  'dropped',
  'lastAnswer',
];

const isMissing = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'set' in value && value.set === false;

/** The way as the API takes it, with a marker for each secret that is set. One that is missing has to be entered again. */
export function draftOfWay(way: WayResource): GivenWay {
  const settings = Object.entries(way).filter(([name]) => !STATE.includes(name));
  const draft = Object.fromEntries(
    settings.map(([name, value]) => [name, isMissing(value) ? '' : value]),
  ) as GivenWay;
  if (draft.kind !== 'webhook') return draft;
  const headers = draft.headers.map(({ name, value }) => ({
    name,
    value: isMissing(value) ? '' : value,
  }));
  return { ...draft, headers };
}

/** Without what is empty: an optional text is there or not. */
export function completeWay(draft: GivenWay, id: string): GivenWay {
  const filled = Object.fromEntries(
    Object.entries(draft).filter(([, value]) => value !== '' && value !== undefined),
  ) as GivenWay;
  return { ...filled, id };
}
