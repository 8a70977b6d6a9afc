import type { AuditAction, AuditActorKind } from '../contract/access.js';
import type { Clock } from '../runtime/clock.js';
import { type ClockEras, earliestOf, noEras } from '../runtime/clock-eras.js';
import { messageOf } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import { SerialQueue } from '../runtime/serial-queue.js';
import { classOf, isCollapsed, MAX_ROWS } from './audit-classes.js';
import { type AuditFilter, auditTable, type NewAuditRow } from './audit-table.js';
import type { AccessDb, AuditRow } from './tables.js';

export interface AuditActor {
  name: string;
  kind: AuditActorKind;
  /** Where the request came from. */
  address?: string | undefined;
}

export interface AuditEntry {
  action: AuditAction;
  actor: AuditActor;
  /** What it was done to, e.g. the name of a user. */
  subject?: string | undefined;
  detail?: string | undefined;
}

/** Where parts of the program report what somebody did. Reporting never fails, and never contains a secret. */
export interface AuditLog {
  record(entry: AuditEntry): void;
}

export interface AuditOptions {
  db: AccessDb;
  log: Logger;
  clock: Clock;
  eras?: ClockEras;
  /** How long repetitions are collected before they are written. */
  collectMs?: number;
}

const MAX_AGE_MS = 400 * 86_400_000;
const PRUNE_EVERY = 50;
const COLLECT_MS = 2_000;
const REPEAT_MS = 10 * 60_000;
const LOG_EVERY_MS = 60_000;
const MAX_TEXT = 200;
/** Waiting to be written; more is counted and logged. */
const MAX_WAITING = 1_000;
/** Different repeated entries within `REPEAT_MS`; the others are counted together, by action. */
const MAX_DIFFERENT = 100;

interface Repeated {
  row: NewAuditRow;
  /** Not yet written. */
  count: number;
  seq?: number;
  since: number;
}

/**
 * Who did what, from where and when: in the journal, and in a table that an administrator can read. The table is bounded
 * by class and by age. What clients can repeat at will becomes one entry with a count.
 */
export class Audit implements AuditLog, Service {
  readonly name = 'audit log';
  readonly #listeners: ((entry: AuditEntry) => void)[] = [];
  readonly #writes = new SerialQueue();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #repeated = new Map<string, Repeated>();
  #waiting = 0;
  #sincePruned = PRUNE_EVERY;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: AuditOptions) {}

  /** Calls `listener` with everything that is recorded. */
  onRecorded(listener: (entry: AuditEntry) => void): void {
    this.#listeners.push(listener);
  }

  record(entry: AuditEntry): void {
    for (const listener of this.#listeners) listener(entry);
    const row = auditRow(entry, this.options.clock());
    this.#report(row);
    if (isCollapsed(entry.action)) this.#collect(row);
    else this.#write(async () => void (await auditTable.insert(this.options.db, row)));
  }

  /** The newest entries first, with those that were recorded until now. */
  async page(filter: AuditFilter): Promise<AuditRow[]> {
    await this.flush();
    return auditTable.page(this.options.db, filter);
  }

  /** Resolves once everything that was recorded is written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, repeated] of this.#repeated)
      if (repeated.count > 0) this.#write(() => this.#writeRepeated(repeated));
      else if (performance.now() - repeated.since > REPEAT_MS) this.#repeated.delete(key);
    await this.#writes.run(async () => undefined);
  }

  stop(): Promise<void> {
    return this.flush();
  }

  #collect(row: NewAuditRow): void {
    const { action, actor, actor_kind: kind, address } = row;
    const subject = classOf(action) === 'activity' ? row.subject : null;
    const own = JSON.stringify([action, actor, kind, address, subject]);
    const isFull = this.#repeated.size >= MAX_DIFFERENT && !this.#repeated.has(own);
    const key = isFull ? row.action : own;
    const known = this.#repeated.get(key);
    const isNew = !known || performance.now() - known.since > REPEAT_MS;
    const repeated = isNew
      ? { row: isFull ? several(row) : row, count: 0, since: performance.now() }
      : known;
    repeated.count++;
    repeated.row.last_at = row.last_at;
    this.#repeated.set(key, repeated);
    // The first one at once, so that it stands before what is recorded later.
    if (isNew) this.#write(() => this.#writeRepeated(repeated));
    const { collectMs = COLLECT_MS } = this.options;
    this.#timer ??= setTimeout(() => void this.flush(), collectMs).unref();
  }

  async #writeRepeated(repeated: Repeated): Promise<void> {
    const { db } = this.options;
    const { count, row, seq } = repeated;
    if (count === 0) return;
    repeated.count = 0;
    try {
      const isThere = seq !== undefined && (await auditTable.repeat(db, seq, count, row.last_at));
      if (!isThere) repeated.seq = await auditTable.insert(db, { ...row, count });
    } catch (error) {
      repeated.count += count;
      throw error;
    }
  }

  #write(work: () => Promise<void>): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#failed('too many entries are waiting');
      return;
    }
    this.#waiting++;
    void this.#writes.run(async () => {
      try {
        await work();
        if (++this.#sincePruned >= PRUNE_EVERY) await this.#prune();
      } catch (error) {
        this.#failed(messageOf(error));
      } finally {
        this.#waiting--;
      }
    });
  }

  async #prune(): Promise<void> {
    const { db, clock, eras = noEras } = this.options;
    this.#sincePruned = 0;
    for (const name of Object.keys(MAX_ROWS) as (keyof typeof MAX_ROWS)[])
      await auditTable.keepNewest(db, name, MAX_ROWS[name]);
    await auditTable.removeBefore(db, earliestOf(clock() - MAX_AGE_MS, eras()));
  }

  #failed(error: string): void {
    if (this.#throttle.isDue('failed'))
      this.options.log.warn({ error }, 'audit entries could not be stored; they are in the log');
  }

  #report({ action, actor, actor_kind: kind, address, subject, detail }: NewAuditRow): void {
    const what = classOf(action) === 'activity' ? subject : null;
    const key = JSON.stringify([action, address, what]);
    if (isCollapsed(action) && !this.#throttle.isDue(key)) return;
    const fields = { action, actor, kind, address, subject, detail };
    this.options.log.info(fields, `audit: ${action.replaceAll('_', ' ')}`);
  }
}

const several = (row: NewAuditRow): NewAuditRow => ({
  ...row,
  actor: '(several)',
  address: null,
  subject: null,
  detail: null,
});

export const auditRow = (
  { action, actor, subject, detail }: AuditEntry,
  now: number,
): NewAuditRow => ({
  at: now,
  last_at: now,
  count: 1,
  class: classOf(action),
  action,
  actor: short(actor.name),
  actor_kind: actor.kind,
  address: actor.address === undefined ? null : short(actor.address),
  subject: subject === undefined ? null : short(subject),
  detail: detail === undefined ? null : short(detail),
});

/** Text of clients, in a bounded form that every database and terminal takes. */
const short = (text: string): string =>
  [...text.slice(0, 2 * MAX_TEXT)]
    .slice(0, MAX_TEXT)
    .join('')
    .replace(/[\p{Cc}\p{Cs}]/gu, ' ');
