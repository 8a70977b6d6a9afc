import type { UplinkRecord } from '../../core/contract/summary.js';
import type { OutboxRow } from '../store/outbox.js';
import type { Stream } from './send-plan.js';

/** A row as it goes to the relay, where everything up to `acked` is settled. */
export function recordOf(
  row: OutboxRow,
  epoch: string,
  acked: number,
  historical: boolean,
): UplinkRecord {
  const { seq } = row;
  const head = { v: 1, epoch, seq, first: acked + 1 } as const;
  if ('summary' in row)
    return { ...head, summary: row.summary, ...(historical && { historical: true }) };
  const from = Math.max(row.from, head.first);
  return { ...head, dropped: { from, to: seq, count: seq - from + 1, reason: row.reason } };
}

/** Where the time is not known, what waited in the backlog is old. */
export const isHistorical = (
  { createdAt }: OutboxRow,
  stream: Stream,
  now: number,
  afterMs = 300_000,
): boolean => (createdAt === 0 || now === 0 ? stream === 'backlog' : now - createdAt > afterMs);
