import type { Kysely } from 'kysely';
import type { Refusal, SummaryRecord } from '../../core/contract/summary.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { DAY_MS } from '../store/daily-label-table.js';
import type { OutboxId } from '../store/ledger-table.js';
import type { NameKind, RelayTables } from '../store/relay-tables.js';
import { type SiteUsage, usageOf } from '../store/site-day-table.js';
import { addNames, countNames, knownNames } from '../store/site-name-table.js';
import { noteLimited } from '../store/site-total-table.js';
import { type Arrival, isSummary, OTHER_LABEL } from './arrival.js';
import { bySite } from './by-site.js';
import { refusalOf } from './invalid-records.js';

/** What one site may use of what all sites share. */
export interface SiteBudgetLimits {
  /** Records that are stored on one day (UTC). */
  recordsPerDay: number;
  bytesPerDay: number;
  /** Bytes of all that is kept. */
  bytes: number;
  /** Different labels, of all time; further ones are counted and found as `other`. */
  labels: number;
  cameras: number;
  /** Each restored copy of an appliance's database begins a new one. */
  epochs: number;
  epochsPerDay: number;
}

const GIGABYTE = 1024 ** 3;

/**
 * What an honest appliance sends is below: 256 cameras that look every ten seconds add 1 to 3 GB on a day and less than
 * 1 TiB in the year that summaries are kept by default; a full outbox of 1 GiB comes on top on one day.
 */
export const defaultSiteBudgets: SiteBudgetLimits = {
  recordsPerDay: 5_000_000,
  bytesPerDay: 8 * GIGABYTE,
  bytes: 1_024 * GIGABYTE,
  labels: 2_000,
  cameras: 1_024,
  epochs: 2_000,
  epochsPerDay: 100,
};

export interface AdmittedBatch {
  admitted: Arrival[];
  /** Not acknowledged: the appliance keeps it, and sends it again. */
  held: Arrival[];
  refused: (OutboxId & { refusal: Refusal })[];
}

const LOG_EVERY_MS = 3_600_000;
const NOTE_EVERY_MS = 60_000;
/** What was read of a site is used for so long; other relays add to it meanwhile. */
const USAGE_MS = 60_000;
const MAX_SITES = 2_000;
const MAX_NAMES = 100_000;

interface CachedUsage extends SiteUsage {
  day: number;
  readAt: number;
}

/** Holds each site to its budget, so that one that is taken over does not use up the database of all. */
export class SiteBudgets {
  readonly #limits: SiteBudgetLimits;
  readonly #usage = new Map<string, CachedUsage>();
  /** Names that are in the database. */
  readonly #names = new Set<string>();
  readonly #log = new LogThrottle(LOG_EVERY_MS);
  readonly #notes = new LogThrottle(NOTE_EVERY_MS);
  readonly counts = { overBudget: 0, collapsed: 0 };

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly log: Logger,
    limits: Partial<SiteBudgetLimits> = {},
  ) {
    this.#limits = { ...defaultSiteBudgets, ...limits };
  }

  async admit(arrivals: Arrival[], now: number): Promise<AdmittedBatch> {
    const batch: AdmittedBatch = { admitted: [], held: [], refused: [] };
    for (const [site, own] of bySite(arrivals)) await this.#admitOf(site, own, now, batch);
    this.counts.overBudget += arrivals.length - batch.admitted.length;
    return batch;
  }

  async #admitOf(
    site: string,
    arrivals: Arrival[],
    now: number,
    batch: AdmittedBatch,
  ): Promise<void> {
    const epochs = await this.#excess(site, 'epoch', epochsOf(arrivals), now);
    const cameras = await this.#excess(site, 'camera', camerasOf(arrivals), now);
    const others = await this.#excess(site, 'label', labelsOf(arrivals), now);
    if (others.size > 0) await this.#report(site, 'labels', now);
    const usage = await this.#usageOf(site, now);
    for (const arrival of arrivals) {
      const { epoch } = arrival.record;
      const bytes = storedBytes(arrival);
      if (epochs.has(epoch)) {
        batch.held.push(arrival);
        await this.#report(site, 'epochs', now);
      } else if (isSummary(arrival) && cameras.has(arrival.record.summary.camera)) {
        batch.refused.push({ site, epoch, refusal: this.#cameraRefusal(arrival.record) });
        await this.#report(site, 'cameras', now);
      } else if (this.#isOver(usage)) {
        batch.held.push(arrival);
        await this.#report(site, 'bytes', now);
      } else {
        usage.records++;
        usage.bytes += bytes;
        batch.admitted.push(this.#collapsed(arrival, others));
      }
    }
  }

  /** Unlike a day, the number of cameras does not end: a record that waited would keep back those of all cameras. */
  #cameraRefusal({ seq, summary: { snapshot } }: SummaryRecord): Refusal {
    return refusalOf({ seq, snapshot }, `the site has reported ${this.#limits.cameras} cameras`);
  }

  /** Whatever the size of the next record: a large one must not wait while smaller ones pass it. */
  #isOver(usage: SiteUsage): boolean {
    const { recordsPerDay, bytesPerDay, bytes: mostBytes } = this.#limits;
    return (
      usage.records >= recordsPerDay ||
      usage.bytes >= bytesPerDay ||
      usage.earlierBytes + usage.bytes >= mostBytes
    );
  }

  #collapsed(arrival: Arrival, others: ReadonlySet<string>): Arrival {
    if (others.size === 0 || !labelsOf([arrival]).some((label) => others.has(label)))
      return arrival;
    this.counts.collapsed++;
    return { ...arrival, others };
  }

  async #usageOf(site: string, now: number): Promise<CachedUsage> {
    const day = now - (now % DAY_MS);
    const cached = this.#usage.get(site);
    const at = performance.now();
    if (cached?.day === day && at - cached.readAt < USAGE_MS) return cached;
    const usage = { ...(await usageOf(this.db, site, day)), day, readAt: at };
    this.#usage.delete(site);
    const [oldest] = this.#usage.keys();
    if (this.#usage.size >= MAX_SITES && oldest !== undefined) this.#usage.delete(oldest);
    this.#usage.set(site, usage);
    return usage;
  }

  /** Those of the names that are new and beyond the budget. The others are remembered. */
  async #excess(site: string, kind: NameKind, used: string[], now: number): Promise<Set<string>> {
    const keyOf = (name: string) => `${kind} ${site} ${name}`;
    const unknown = used.filter((name) => !this.#names.has(keyOf(name)));
    if (unknown.length === 0) return new Set();
    const known = await knownNames(this.db, { site, kind, names: unknown });
    const fresh = unknown.filter((name) => !known.has(name));
    const added = fresh.slice(0, await this.#room(site, kind, fresh.length, now));
    await addNames(this.db, { site, kind, names: added }, now);
    for (const name of [...known, ...added]) this.#remember(keyOf(name));
    return new Set(fresh.slice(added.length));
  }

  async #room(site: string, kind: NameKind, wanted: number, now: number): Promise<number> {
    if (wanted === 0) return 0;
    const { total, recent } = await countNames(this.db, site, kind, now - DAY_MS);
    const { labels, cameras, epochs, epochsPerDay } = this.#limits;
    const room =
      kind === 'epoch'
        ? Math.min(epochs - total, epochsPerDay - recent)
        : { label: labels, camera: cameras }[kind] - total;
    return Math.max(0, room);
  }

  #remember(key: string): void {
    const [oldest] = this.#names;
    if (this.#names.size >= MAX_NAMES && oldest !== undefined) this.#names.delete(oldest);
    this.#names.add(key);
  }

  /** In the log, and for the list of sites. */
  async #report(site: string, kind: keyof typeof EXPLANATIONS, now: number): Promise<void> {
    const limited = EXPLANATIONS[kind];
    if (this.#notes.isDue(`${site} ${kind}`)) await noteLimited(this.db, site, limited, now);
    if (this.#log.isDue(`${site} ${kind}`))
      this.log.warn({ site, limits: this.#limits, reason: limited }, 'site is beyond its budget');
  }
}

const EXPLANATIONS = {
  labels: `it uses too many different labels; further ones are counted as ${OTHER_LABEL}`,
  cameras: 'it reports too many cameras; the summaries of further ones are refused',
  epochs: 'it begins too many epochs; the summaries of further ones wait at the site',
  bytes: 'it delivers too much; further summaries wait at the site',
};

/** A row of an index, with what it takes in the database. */
const ROW_BYTES = 200;

/** What a record takes in the database, approximately. */
export function storedBytes(arrival: Arrival): number {
  if (!isSummary(arrival)) return 2 * ROW_BYTES;
  const { detections } = arrival.record.summary;
  const labels = new Set(detections.map(({ label }) => label)).size;
  return (2 + labels) * ROW_BYTES + DETECTION_BYTES * detections.length;
}

/** A detection as JSON, with names of usual length. */
const DETECTION_BYTES = 200;

const epochsOf = (arrivals: Arrival[]): string[] => [
  ...new Set(arrivals.map(({ record }) => record.epoch)),
];

const camerasOf = (arrivals: Arrival[]): string[] => [
  ...new Set(arrivals.filter(isSummary).map(({ record }) => record.summary.camera)),
];

const labelsOf = (arrivals: Arrival[]): string[] => [
  ...new Set(
    arrivals
      .filter(isSummary)
      .flatMap(({ record }) => record.summary.detections.map(({ label }) => label)),
  ),
];
