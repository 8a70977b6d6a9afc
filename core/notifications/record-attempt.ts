import type { NotificationWay } from '../contract/notification-way.js';
import type { Clock } from '../runtime/clock.js';
import { deliveryTable } from './delivery-table.js';
import type { DeliveryRow, NotificationDb } from './tables.js';
import { totalTable } from './total-table.js';
import { wayStateTable } from './way-state-table.js';
import type { Failure, Outcome } from './ways/outcome.js';

export interface Attempt {
  way: NotificationWay;
  row: DeliveryRow;
  outcome: Outcome;
}

const FIRST_MS = 5_000;
const MAX_WAY_MS = 15 * 60_000;
const MAX_MESSAGE_MS = 6 * 3_600_000;
/** From this number of refusals in a row on, it is the way and not the message. */
const REFUSALS = 3;

/** Grows to its maximum, a fifth of it random, so that many appliances do not ask one receiver together. */
export function waitMs(failures: number, maxMs: number, random = Math.random): number {
  const full = Math.min(maxMs, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(full * (0.9 + 0.2 * random()));
}

/** Notes in one transaction what became of an attempt, for the message, its way and the totals. */
export async function recordAttempt(
  db: NotificationDb,
  { way, row, outcome }: Attempt,
  clocks: { now: Clock; wall: Clock },
): Promise<void> {
  const answer =
    outcome.ok || !outcome.advice ? outcome.answer : `${outcome.answer} — ${outcome.advice}`;
  const answered = {
    answered_at: clocks.wall(),
    answer_ok: outcome.ok ? 1 : 0,
    answer,
  };
  await db.transaction().execute(async (trx) => {
    const after = { attempts: row.attempts + 1, claimed_until: 0, ...answered };
    if (outcome.ok) {
      await deliveryTable.update(trx, row.id, { ...after, state: 'delivered' });
      await wayStateTable.set(trx, way.id, {
        ...answered,
        ...{ failures: 0, failing_since: null, paused_until: 0 },
      });
      await totalTable.add(trx, 'delivered', 1);
      return;
    }
    const state = await wayStateTable.of(trx, way.id);
    const failures = state.failures + 1;
    const { nextDue, pausedUntil } = times(outcome, failures, row.attempts + 1, clocks.now());
    await deliveryTable.update(trx, row.id, {
      ...after,
      next_due: nextDue,
      ...(outcome.scope === 'picture' && { picture_refused: 1 }),
    });
    await wayStateTable.set(trx, way.id, {
      ...answered,
      failures,
      failing_since: state.failing_since ?? clocks.wall(),
      paused_until: pausedUntil,
    });
    await totalTable.add(trx, 'failed', 1);
  });
}

function times(outcome: Failure, failures: number, attempts: number, now: number) {
  const { scope, retryAfterMs = 0 } = outcome;
  if (scope === 'picture') return { nextDue: now, pausedUntil: 0 };
  const isWay = scope === 'way' || failures >= REFUSALS || retryAfterMs > 0;
  const pause = Math.max(retryAfterMs, waitMs(failures, MAX_WAY_MS));
  return {
    nextDue: scope === 'way' ? now : now + waitMs(attempts + 5, MAX_MESSAGE_MS),
    pausedUntil: isWay ? now + pause : 0,
  };
}
