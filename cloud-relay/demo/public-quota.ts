import type { JobOrigin } from '../../core/detection/detection.js';
import type { JobRecord } from '../../core/detection/pool/job-record.js';
import type { UploadQuota } from '../../core/images/upload-quota.js';
import { Allowances } from '../../core/runtime/allowances.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';

const MINUTE_MS = 60_000;
/** The account of all addresses. */
const ALL = '';

interface Budget {
  each: Allowances;
  all: Allowances | undefined;
  /** What is used up, for one address and for all. */
  eachText: string;
  allText: string;
}

type Limits = Pick<
  RelayConfig['demo'],
  | 'workerMsPerMinute'
  | 'totalWorkerMsPerMinute'
  | 'storedBytes'
  | 'totalStoredBytes'
  | 'uploadLifetimeMs'
>;

/**
 * What the public may use: time of workers, which is charged when a job ends, however it ends, and bytes that are
 * stored. Each address has a limit, and all addresses together.
 */
export class PublicQuota implements UploadQuota {
  readonly #workers: Budget;
  readonly #bytes: Budget;

  constructor(limits: Limits, workers: number, now?: () => number) {
    const allowance = (amount: number, periodMs: number) =>
      new Allowances({ amount, periodMs, ...(now && { now }) });
    const { workerMsPerMinute, uploadLifetimeMs } = limits;
    const totalWorkerMsPerMinute = limits.totalWorkerMsPerMinute ?? workers * MINUTE_MS;
    const { storedBytes, totalStoredBytes } = limits;
    const minutes = Math.ceil(uploadLifetimeMs / MINUTE_MS);
    this.#workers = {
      each: allowance(workerMsPerMinute, MINUTE_MS),
      all: allowance(totalWorkerMsPerMinute, MINUTE_MS),
      eachText: `The worker time of this address is used up: ${workerMsPerMinute / 1_000} s per minute are allowed.`,
      allText: `The worker time of all addresses is used up: ${totalWorkerMsPerMinute / 1_000} s per minute are allowed.`,
    };
    this.#bytes = {
      each: allowance(storedBytes, uploadLifetimeMs),
      all:
        totalStoredBytes === undefined ? undefined : allowance(totalStoredBytes, uploadLifetimeMs),
      eachText: `The storage of this address is used up: ${storedBytes / 1e6} MB per ${minutes} min are allowed.`,
      allText: `The storage of all addresses is used up: ${(totalStoredBytes ?? 0) / 1e6} MB per ${minutes} min are allowed.`,
    };
  }

  check({ id }: JobOrigin): void {
    for (const budget of [this.#workers, this.#bytes]) refuseIfSpent(budget, id);
  }

  /** A job took a worker's time. */
  charge({ origin, runMs }: Pick<JobRecord, 'origin' | 'runMs'>): void {
    if (origin.kind === 'client') spend(this.#workers, origin.id, runMs);
  }

  store({ id }: JobOrigin, bytes: number): () => void {
    refuseIfSpent(this.#bytes, id, bytes);
    spend(this.#bytes, id, bytes);
    return () => spend(this.#bytes, id, -bytes);
  }
}

function spend({ each, all }: Budget, id: string, amount: number): void {
  each.spend(id, amount);
  all?.spend(ALL, amount);
}

function refuseIfSpent({ each, all, eachText, allText }: Budget, id: string, amount = 0): void {
  refuse(each.waitFor(id, amount), eachText);
  refuse(all?.waitFor(ALL, amount), allText);
}

function refuse(retryAfter: number | undefined, detail: string): void {
  if (retryAfter !== undefined) throw new ProblemError('rate_limited', detail, { retryAfter });
}
