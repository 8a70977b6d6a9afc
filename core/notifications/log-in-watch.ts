import type { NotificationRule } from '../contract/notification.js';
import { type Clock, toIsoString } from '../runtime/clock.js';
import { type Condition, type ConditionSource, noHappening } from './occurrence.js';

interface Recorded {
  action: string;
  actor: { name: string; address?: string | undefined };
}

export const WITHIN_MS = 10 * 60_000;
const DEFAULT_THRESHOLD = 5;
/** More refusals than this are one anyway. */
const MAX_KEPT = 10_000;

/** Logins that were refused lately, as a condition. */
export class LogInWatch implements ConditionSource {
  readonly when = 'log_in_refused';
  readonly afterMinutes = 0;
  readonly measuresTime = true;
  readonly holdMs = 0;
  #refused: { at: number; name: string; address: string | undefined }[] = [];

  constructor(
    private readonly now: Clock,
    private readonly wall: Clock,
  ) {}

  /** Call it for everything that the audit log records. */
  recorded({ action, actor }: Recorded): void {
    if (action !== 'log_in_refused') return;
    if (this.#refused.length >= MAX_KEPT) this.#refused.shift();
    this.#refused.push({ at: this.now(), name: actor.name, address: actor.address });
  }

  async conditions(rule: NotificationRule): Promise<Condition[]> {
    const now = this.now();
    this.#refused = this.#refused.filter(({ at }) => at <= now && now - at < WITHIN_MS);
    const refused = this.#refused.map(({ name, address }) => ({ name, address, count: 1 }));
    return [refusedCondition(refused, rule, this.wall())];
  }
}

export interface Refused {
  name: string;
  address: string | null | undefined;
  count: number;
}

/** Of the logins that were refused within `WITHIN_MS`. */
export function refusedCondition(
  refused: readonly Refused[],
  { threshold = DEFAULT_THRESHOLD }: NotificationRule,
  at: number,
): Condition {
  const count = refused.reduce((sum, one) => sum + one.count, 0);
  const from = some(refused.map(({ address }) => address ?? 'an unknown address'));
  const as = some(refused.map(({ name }) => name));
  const text = `${count} logins were refused within 10 minutes, from ${from}, as ${as}`;
  return {
    ...{ id: 'log-ins', when: 'log_in_refused', subject: 'logins', recovered: '' },
    state: count >= threshold ? 'problem' : 'ok',
    happening: noHappening(toIsoString(at), text),
  };
}

function some(names: string[]): string {
  const different = [...new Set(names)];
  const more = different.length - 3;
  return `${different.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
