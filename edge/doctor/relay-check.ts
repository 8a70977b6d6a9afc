import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, failure, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { duration, systemClock, toIsoString } from '../../core/runtime/clock.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openReadOnly } from '../../core/store/read-only.js';
import type { EdgeConfig } from '../config.js';
import { Outbox, type OutboxState } from '../store/outbox.js';
import { type RefusedSummary, refusedSummaries } from '../store/outbox-refused.js';
import type { OutboxTables } from '../store/outbox-tables.js';

/** A reachable relay acknowledges within seconds. */
const EXPECTED_SECONDS = 120;
/** When a relay last answered is stored once a minute. */
const HEARD_SECONDS = 150;
/** An outbox that is being sent progresses within this time. */
const PROGRESS_MS = 1_500;

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
      const { oldestSeconds } = await store.depth();
      const state = await store.state();
      return [
        await backlog({ ...state, oldestSeconds: oldestSeconds ?? 0 }, isRunning, async () => {
          await sleep(PROGRESS_MS);
          return (await store.state()).ackedSeq > state.ackedSeq;
        }),
        ...evicted(state.evicted),
        // The schema may be that of an earlier version, until the service has started.
        ...refused(state.refused, state.refused ? await refusedSummaries(db) : []),
        ...forgotten(state.forgotten),
      ];
    } finally {
      await db.destroy();
    }
  },
});

type Backlog = OutboxState & { oldestSeconds: number };

async function backlog(
  { ackedSeq, lastSeq, summaries, oldestSeconds, heardAt }: Backlog,
  isRunning: boolean,
  progresses: () => Promise<boolean>,
): Promise<Verdict> {
  const text = `acknowledged up to ${ackedSeq} of ${lastSeq}`;
  if (summaries === 0) return ok(text);
  const pending = `${text}; ${summaries} summaries pending, the oldest for ${duration(oldestSeconds)}`;
  if (oldestSeconds <= EXPECTED_SECONDS) return ok(pending);
  if (!isRunning) return warning(pending, 'sudo systemctl start siteglass-edge');
  if (await progresses()) return ok(`${pending}; the relay is acknowledging them`);
  const heardSeconds = (systemClock() - heardAt) / 1_000;
  if (heardAt > 0 && heardSeconds >= 0 && heardSeconds < HEARD_SECONDS)
    return failure(
      `${pending}; the relay answers, but does not accept summary ${ackedSeq + 1}`,
      'Its log says why ("message refused", "cannot store summaries"). A relay of an earlier version cannot refuse a record for good: update it.',
    );
  const heard = heardAt > 0 ? `; no relay has answered since ${toIsoString(heardAt)}` : '';
  return failure(
    `${pending}${heard}`,
    'If the broker check is ok, check that a relay runs and is connected to the same broker, with the same mqtt.root: sudo siteglass-relay doctor',
  );
}

function evicted(count: number): Verdict[] {
  if (count === 0) return [];
  const text = `${count} summaries were evicted from the outbox, since its budget was used up; the relay is informed`;
  return [warning(text, 'For longer outages, raise outbox.maxMegabytes or outbox.maxAgeDays.')];
}

function refused(count: number, [newest]: RefusedSummary[]): Verdict[] {
  if (!count) return [];
  const reason = newest ? `, the last one because: ${newest.reason}` : '';
  const text = `${count} summaries were refused and set aside; those behind them were sent${reason}`;
  return [warning(text, 'See which: siteglass-edge outbox --refused')];
}

function forgotten(count: number): Verdict[] {
  if (!count) return [];
  const text = `${count} summaries were lost by the relay after their acknowledgement, and are not kept here any more`;
  return [
    warning(
      text,
      'The relay was restored from a backup. For older backups, raise outbox.keepAcknowledgedHours.',
    ),
  ];
}
