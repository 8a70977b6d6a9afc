import { type Dropped, summaryForWire, type UplinkRecord } from '../../core/contract/summary.js';
import type { OutboxRow } from '../store/outbox.js';
import type { Stream } from './send-plan.js';

/** A row as it is sent to the relay; everything up to `acked` is acknowledged, and `first` is the lowest that is held. */
export function recordOf(
  row: OutboxRow,
  epoch: string,
  { acked, first = acked + 1 }: { acked: number; first?: number },
  historical: boolean,
): UplinkRecord {
  const { seq } = row;
  const head = { v: 1, epoch, seq, first: Math.min(first, row.from) } as const;
  if ('summary' in row)
    return {
      ...head,
      summary: summaryForWire(row.summary),
      ...(historical && { historical: true }),
      ...(row.former !== null && { former: row.former }),
    };
  const from = Math.max(row.from, acked + 1);
  return { ...head, dropped: { from, to: seq, count: seq - from + 1, ...reasonOf(row) } };
}

/** A relay that does not know causes takes the reason. */
function reasonOf({
  reason,
  detail,
}: Extract<OutboxRow, { detail: string | null }>): Pick<Dropped, 'reason' | 'cause' | 'detail'> {
  if (reason === 'bytes' || reason === 'age') return { reason };
  return { reason: 'bytes', cause: reason, ...(detail !== null && { detail }) };
}

/** Whether a row is late data. If its time or the present one is not known, the rows of the backlog are. */
export const isHistorical = (
  { createdAt }: OutboxRow,
  stream: Stream,
  now: number,
  afterMs = 300_000,
): boolean => (createdAt === 0 || now === 0 ? stream === 'backlog' : now - createdAt > afterMs);
