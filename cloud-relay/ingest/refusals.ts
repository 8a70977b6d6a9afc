import { MAX_DETAIL, MAX_REFUSALS, type Refusal } from '../../core/contract/summary.js';
import { contains } from '../../core/runtime/ranges.js';
import type { LedgerEntry, OutboxId } from '../store/ledger-table.js';

/** Outboxes that are remembered; beyond it the oldest is forgotten, and refused again when its record comes again. */
const MAX_OUTBOXES = 1_000;
/** A conflict is named for so long: its number is accounted for, so no later record shows that it was noticed. */
const CONFLICT_MS = 30_000;

interface Noted {
  refusal: Refusal;
  at: number;
}

/** The records that the relay will not store, until a mark of the appliance takes their place. */
export class Refusals {
  readonly #outboxes = new Map<string, Map<number, Noted>>();

  constructor(private readonly now = () => performance.now()) {}

  add(outbox: OutboxId, refusal: Refusal): void {
    const key = keyOf(outbox);
    const noted = this.#outboxes.get(key) ?? new Map<number, Noted>();
    this.#outboxes.delete(key);
    const [oldest] = this.#outboxes.keys();
    if (this.#outboxes.size >= MAX_OUTBOXES && oldest !== undefined) this.#outboxes.delete(oldest);
    this.#outboxes.set(key, noted);
    if (noted.size >= MAX_REFUSALS && !noted.has(refusal.seq) && !dropConflict(noted)) return;
    noted.set(refusal.seq, {
      refusal: { ...refusal, reason: refusal.reason.slice(0, MAX_DETAIL) },
      at: this.now(),
    });
  }

  /** What an acknowledgement of this entry has to name, the lowest number first. */
  of(entry: LedgerEntry): Refusal[] {
    const key = keyOf(entry);
    const noted = this.#outboxes.get(key);
    if (!noted) return [];
    for (const [seq, { refusal, at }] of noted) {
      const isOver = refusal.conflict
        ? this.now() - at > CONFLICT_MS
        : seq <= entry.watermark || contains(entry.ahead, seq);
      if (isOver) noted.delete(seq);
    }
    const named = [...noted.values()].map(({ refusal }) => refusal);
    // Once is enough: the record goes again, and perhaps arrives.
    for (const { seq, again } of named) if (again) noted.delete(seq);
    if (noted.size === 0) this.#outboxes.delete(key);
    return named.sort((a, b) => a.seq - b.seq);
  }
}

/** Makes room: the oldest conflict has been named most often. */
function dropConflict(noted: Map<number, Noted>): boolean {
  for (const [seq, { refusal }] of noted) if (refusal.conflict) return noted.delete(seq);
  return false;
}

const keyOf = ({ site, epoch }: OutboxId): string => `${site}/${epoch}`;
