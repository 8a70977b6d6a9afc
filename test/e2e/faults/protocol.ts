import type { BackoffRange } from '../../../core/messaging/backoff.js';

/** What a process of the harness is told on its command line. */
export interface ConnectionArguments {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Absent for the product's own times, which take longer to notice and to try again. */
  hurry?: { backoff: BackoffRange; keepaliveSeconds: number; connectTimeoutMs: number } | undefined;
}

export interface ApplianceArguments extends ConnectionArguments {
  site: string;
  database: string;
  ledger: string;
  /** Summaries in each transaction, one every `everyMs`. */
  each: number;
  everyMs: number;
  stallMs?: number | undefined;
  /** After so long without an acknowledgement, a relay is silent. */
  silentMs?: number | undefined;
}

/**
 * To an appliance: produce no more, let the database have so many pages and no more, make the next summary one that no
 * relay accepts, or report its condition.
 */
export type ApplianceOrder =
  | { kind: 'rest' }
  | { kind: 'pages'; limit: number }
  | { kind: 'spoil' }
  | { kind: 'report' };

/** From an appliance: nothing more will be produced, or what its health report and `/sync` say of the delivery. */
export type ApplianceReport =
  | { kind: 'resting' }
  | { kind: 'condition'; reasons: string[]; lastError: string | null; forgotten: number };

/** When a relay kills itself: with a batch's rows written but not committed, or committed but not acknowledged. */
export type Death = 'before the commit' | 'after the commit';

export interface RelayArguments extends ConnectionArguments {
  /** A file, or a PostgreSQL URL. */
  database: string;
  death?: { when: Death; batch: number } | undefined;
}

export const argumentsOf = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;
