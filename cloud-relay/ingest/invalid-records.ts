import { prettifyError } from 'zod';
import { crc32 } from '../../core/contract/crc32.js';
import {
  droppedRecordSchema,
  type Refusal,
  summaryRecordSchema,
} from '../../core/contract/summary.js';
import type { InvalidMessage } from '../../core/messaging/message-bus.js';
import type { OutboxId } from '../store/ledger-table.js';
import { type RecordHead, recordHead } from './record-head.js';
import { Repeats } from './repeats.js';

/** The same bytes, so often: it is the sender that makes them so, and not the way to the relay. */
const SAME_DAMAGE = 5;

export interface InvalidCounts {
  /** Not what was sent; sent again, they may be valid. */
  damaged: number;
  /** Refused permanently. */
  rejected: number;
}

/** Decides which records that do not fit the contract are refused permanently, so that those behind them go on. */
export class InvalidRecords {
  readonly counts: InvalidCounts = { damaged: 0, rejected: 0 };
  readonly #damages = new Repeats();

  /** The refusal to be sent; undefined if the record is expected again, or if it does not say which one it is. */
  refuse({
    names: { site = '' },
    text,
    reason,
    isDamaged,
  }: InvalidMessage): (OutboxId & { refusal: Refusal }) | undefined {
    if (isDamaged) {
      this.counts.damaged++;
      if (this.#damages.count(`${site} ${crc32(text)}`) < SAME_DAMAGE) return undefined;
    }
    const head = recordHead(text);
    if (!head) return undefined;
    this.counts.rejected++;
    return { site, epoch: head.epoch, refusal: refusalOf(head, explanation(text, reason)) };
  }
}

/** Asks for a record again that was damaged on the way, if its head can be read. */
export function againOf({
  names: { site = '' },
  text,
  isDamaged,
}: InvalidMessage): (OutboxId & { refusal: Refusal }) | undefined {
  const head = isDamaged ? recordHead(text) : undefined;
  if (!head) return undefined;
  const refusal: Refusal = { seq: head.seq, reason: 'damaged on the way', again: true };
  return { site, epoch: head.epoch, refusal };
}

export const refusalOf = (
  { seq, snapshot }: Omit<RecordHead, 'epoch'>,
  reason: string,
): Refusal => ({
  seq,
  reason,
  ...(snapshot !== undefined && { snapshot }),
});

/** In one line, of the kind of record that it is: the schema of all kinds says only that none fits. */
function explanation(text: string, reason: string): string {
  const schema = text.includes('"dropped"') ? droppedRecordSchema : summaryRecordSchema;
  let faults = reason;
  try {
    const { error } = schema.safeParse(JSON.parse(text));
    if (error) faults = prettifyError(error);
  } catch {
    // It is not JSON, as its reason says.
  }
  return faults.replace(/\s+/g, ' ').trim();
}
