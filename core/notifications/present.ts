import type {
  NotificationRule,
  PresetResource,
  RuleResource,
  WayResource,
} from '../contract/notification.js';
import type { DeliveryResource, NotificationAnswer } from '../contract/notification-delivery.js';
import type { NotificationWay } from '../contract/notification-way.js';
import { type Clock, toIsoString, toIsoStringOrNull } from '../runtime/clock.js';
import { type Declared, type Definitions, READ_ONLY } from './definitions.js';
import { withoutSecrets } from './secrets.js';
import type { DeliveryRow, WayStateRow } from './tables.js';
import { presets } from './ways/presets.js';

interface Answered {
  answered_at: number | null;
  answer_ok: number;
  answer: string | null;
}

const answerOf = ({ answered_at, answer_ok, answer }: Answered): NotificationAnswer | null =>
  answered_at === null
    ? null
    : { at: toIsoString(answered_at), ok: answer_ok === 1, text: answer ?? '' };

const readOnlyOf = ({ declaredIn }: Declared<object>) => (declaredIn === 'file' ? READ_ONLY : null);

export function presentRule(
  rule: Declared<NotificationRule>,
  ways: readonly NotificationWay[],
  lastAt: number | undefined,
): RuleResource {
  return {
    ...rule,
    readOnly: readOnlyOf(rule),
    lastMessageAt: toIsoStringOrNull(lastAt ?? null),
    problem: problemOf(rule, ways),
  };
}

function problemOf(rule: NotificationRule, ways: readonly NotificationWay[]): string | null {
  const missing = rule.ways.filter((id) => !ways.some((way) => way.id === id));
  if (missing.length > 0) return `There is no way ${missing.join(', ')}.`;
  const off = rule.ways.filter((id) => ways.some((way) => way.id === id && !way.enabled));
  return off.length === rule.ways.length ? `Its ways are switched off: ${off.join(', ')}.` : null;
}

export function presentWay(
  way: Declared<NotificationWay>,
  state: WayStateRow,
  waiting: number,
  { definitions, ...clocks }: { definitions: Definitions; now: Clock; wall: Clock },
): WayResource {
  const pause = state.paused_until - clocks.now();
  return {
    ...withoutSecrets(way, definitions.lacksOf(way.id)),
    ...{ declaredIn: way.declaredIn, readOnly: readOnlyOf(way), waiting },
    problem: definitions.problemOf(way.id) ?? null,
    failures: state.failures,
    failingSince: toIsoStringOrNull(state.failing_since),
    nextAttemptAt: pause > 0 ? toIsoString(clocks.wall() + pause) : null,
    dropped: state.dropped,
    lastAnswer: answerOf(state),
  };
}

export function presentDelivery(
  row: DeliveryRow,
  clocks: { now: Clock; wall: Clock },
): DeliveryResource {
  const { title, text } = textsOf(row.message);
  const wait = Math.max(0, row.next_due - clocks.now());
  return {
    ...{ id: row.id, way: row.way, rule: row.rule, event: row.event, title, text },
    state: row.state,
    createdAt: toIsoString(row.created_at),
    attempts: row.attempts,
    nextAttemptAt: row.state === 'waiting' ? toIsoString(clocks.wall() + wait) : null,
    lastAnswer: answerOf(row),
    image: row.image,
  };
}

function textsOf(message: string): { title: string; text: string } {
  try {
    const { title, text } = JSON.parse(message) as { title: string; text: string };
    return { title: String(title), text: String(text) };
  } catch {
    return { title: '(unreadable)', text: '' };
  }
}

export const presentPresets = (): PresetResource[] =>
  (Object.keys(presets) as (keyof typeof presets)[]).map((id) => {
    const { name, urlHint, hint, method, contentType, body, picture, pictures, needsRecipient } =
      presets[id];
    return {
      ...{ id, name, urlHint, hint, method, contentType },
      ...{ body, picture, pictures, needsRecipient },
    };
  });
