import { existsSync } from 'node:fs';
import { type Check, failure, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { duration, systemClock } from '../../core/runtime/clock.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openReadOnly } from '../../core/store/read-only.js';
import type { EdgeConfig } from '../config.js';
import { Outbox } from '../store/outbox.js';
import type { OutboxTables } from '../store/outbox-tables.js';

/** A reachable relay acknowledges within seconds. */
const EXPECTED_SECONDS = 120;

/** How much the relay has acknowledged, according to the outbox. */
export const relayCheck = (
  { mqtt, outbox }: EdgeConfig,
  file: string,
  isRunning: boolean,
): Check => ({
  about: 'relay',
  async run() {
    if (!mqtt) return ok('not used: no mqtt configured');
    if (!existsSync(file)) return ok('nothing recorded yet');
    const db = kyselyOver<OutboxTables>(openReadOnly(file));
    try {
      const store = new Outbox(db, systemClock, outbox);
      const [state, { depth, oldestSeconds }] = [await store.state(), await store.depth()];
      return [backlog({ ...state, depth, oldestSeconds }, isRunning), ...evicted(state.evicted)];
    } finally {
      await db.destroy();
    }
  },
});

interface Backlog {
  ackedSeq: number;
  lastSeq: number;
  depth: number;
  oldestSeconds: number | null;
}

function backlog(
  { ackedSeq, lastSeq, depth, oldestSeconds }: Backlog,
  isRunning: boolean,
): Verdict {
  const text = `acknowledged up to ${ackedSeq} of ${lastSeq}`;
  if (depth === 0) return ok(text);
  const pending = `${text}; ${depth} summaries pending, the oldest for ${duration(oldestSeconds ?? 0)}`;
  if ((oldestSeconds ?? 0) <= EXPECTED_SECONDS) return ok(pending);
  if (!isRunning) return warning(pending, 'sudo systemctl start siteglass-edge');
  return failure(
    pending,
    'If the broker check is ok, check that a relay is connected to the same broker, with the same mqtt.root.',
  );
}

function evicted(count: number): Verdict[] {
  if (count === 0) return [];
  const text = `${count} summaries were evicted from the outbox, since its budget was used up; the relay is informed`;
  return [warning(text, 'For longer outages, raise outbox.maxMegabytes or outbox.maxAgeDays.')];
}
