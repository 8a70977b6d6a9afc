import { existsSync } from 'node:fs';
import { type Check, failure, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { duration, systemClock } from '../../core/runtime/clock.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openReadOnly } from '../../core/store/read-only.js';
import type { EdgeConfig } from '../config.js';
import { Outbox } from '../store/outbox.js';
import type { OutboxTables } from '../store/outbox-tables.js';

/** A relay that is there acknowledges within seconds; what waits longer waits for something. */
const PROMPT_SECONDS = 120;

/** What the relay has, by the outbox. */
export const relayCheck = (
  { mqtt, outbox }: EdgeConfig,
  file: string,
  isRunning: boolean,
): Check => ({
  about: 'relay',
  async run() {
    if (!mqtt) return ok('nothing is reported: no mqtt is configured');
    if (!existsSync(file)) return ok('nothing was recorded yet');
    const db = kyselyOver<OutboxTables>(openReadOnly(file));
    try {
      const box = new Outbox(db, systemClock, outbox);
      const [state, { depth, oldestSeconds }] = [await box.state(), await box.depth()];
      return [waiting({ ...state, depth, oldestSeconds }, isRunning), ...evicted(state.evicted)];
    } finally {
      await db.destroy();
    }
  },
});

interface Waiting {
  ackedSeq: number;
  lastSeq: number;
  depth: number;
  oldestSeconds: number | null;
}

function waiting(
  { ackedSeq, lastSeq, depth, oldestSeconds }: Waiting,
  isRunning: boolean,
): Verdict {
  const text = `acknowledged up to ${ackedSeq} of ${lastSeq}`;
  if (depth === 0) return ok(text);
  const waits = `${text}; ${depth} summaries wait, the oldest for ${duration(oldestSeconds ?? 0)}`;
  if ((oldestSeconds ?? 0) <= PROMPT_SECONDS) return ok(waits);
  if (!isRunning) return warning(waits, 'Start the appliance: it sends them.');
  return failure(
    waits,
    'With a broker that accepts the credentials, see that a relay listens there, with the same mqtt.root.',
  );
}

function evicted(count: number): Verdict[] {
  if (count === 0) return [];
  const text = `the outbox's budget has evicted ${count} summaries ever; the relay knows which`;
  return [warning(text, 'Raise outbox.maxMegabytes or .maxAgeDays where outages last longer.')];
}
