import type { Happening } from '../contract/notification-delivery.js';

/**
 * What is remembered of a condition. `pending`: a problem that has not lasted long enough; `raised`: it has; `clearing`:
 * it has ended, but not for long enough. Times are those of the queue's clock.
 */
export interface ConditionState {
  phase: 'pending' | 'raised' | 'clearing';
  since: number;
  /** Whether a message was sent; without one, there is none at the end either. */
  told: boolean;
  /** The text of the message once it has ended. */
  recovered: string;
  happening: Happening;
}

export interface Observed {
  state: 'problem' | 'ok' | 'unknown';
  recovered: string;
  happening: Happening;
}

export interface Terms {
  afterMs: number;
  holdMs: number;
  /** Whether a message may be sent now: no cooldown, and within the time windows. */
  mayTell: boolean;
}

export interface Step {
  /** Undefined if there is nothing to remember. */
  state: ConditionState | undefined;
  tell?: 'problem' | 'recovered';
}

/** What a look at a condition changes. A flapping condition stays `raised`: its end counts once it has lasted. */
export function step(
  before: ConditionState | undefined,
  observed: Observed,
  terms: Terms,
  now: number,
): Step {
  if (observed.state === 'unknown') return { state: before };
  return observed.state === 'problem'
    ? problem(before, observed, terms, now)
    : ended(before, terms, now);
}

function problem(
  before: ConditionState | undefined,
  { recovered, happening }: Observed,
  { afterMs, mayTell }: Terms,
  now: number,
): Step {
  const known = before ?? { phase: 'pending', since: now, told: false, recovered, happening };
  // The clock of the queue may have been set back.
  const since = Math.min(known.since, now);
  const lasts = known.phase !== 'pending' || now - since >= afterMs;
  if (!lasts) return { state: { ...known, since, phase: 'pending', recovered, happening } };
  const raised: ConditionState = {
    phase: 'raised',
    since: known.phase === 'raised' ? since : now,
    told: known.told,
    recovered,
    happening,
  };
  if (raised.told || !mayTell) return { state: raised };
  return { state: { ...raised, told: true }, tell: 'problem' };
}

function ended(before: ConditionState | undefined, { holdMs }: Terms, now: number): Step {
  if (!before || before.phase === 'pending') return { state: undefined };
  const since = before.phase === 'clearing' ? Math.min(before.since, now) : now;
  if (now - since < holdMs) return { state: { ...before, phase: 'clearing', since } };
  return before.told ? { state: undefined, tell: 'recovered' } : { state: undefined };
}
