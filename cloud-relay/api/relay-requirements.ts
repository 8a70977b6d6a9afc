import type { Tokens } from '../../core/access/tokens.js';
import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import { reasonOfPool } from '../../core/detection/pool/readiness.js';
import type { Requirement } from '../../core/http/readiness.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import type { FileStore } from '../../core/store/file-store.js';
import type { DatabaseGuard } from '../../core/store/guarded-database.js';
import type { Ingest } from '../ingest/ingest.js';

export interface RelayRequirementParts {
  pool: { status(): PoolStatus };
  /** Why detectors in the configuration cannot be used. */
  detectorReasons(): string[];
  tokens: Tokens;
  ingest: Ingest;
  bus: MessageBus;
  files: FileStore;
  /** Undefined if the database is not a file. */
  guard: DatabaseGuard | undefined;
  /** Free bytes on the disk that holds the database or the files; undefined if there are none here. */
  freeBytes: (() => Promise<number>) | undefined;
  /** Which ways of notifications have failed for long. */
  notificationReasons(): Promise<string[]>;
}

/** A database cannot be written with fewer. */
const LEAST_FREE_BYTES = 1_000_000;

/** What the relay cannot work without. */
export const relayRequirements = ({
  pool,
  detectorReasons,
  tokens,
  ingest,
  bus,
  files,
  guard,
  freeBytes,
  notificationReasons,
}: RelayRequirementParts): Requirement[] => [
  notificationNotes(notificationReasons),
  { name: 'detection', check: () => reasonOfPool(pool.status()), notes: detectorReasons },
  {
    name: 'database',
    async check() {
      // A small write may succeed on a disk that has no space for summaries.
      const failure = ingest.storageFailure();
      if (failure) return failure;
      await tokens.probe();
      return undefined;
    },
  },
  { name: 'database file', check: () => guard?.fault, notes: () => guard?.repairs() ?? [] },
  {
    name: 'disk',
    async check() {
      const free = await freeBytes?.();
      return free !== undefined && free < LEAST_FREE_BYTES ? 'the disk is full' : undefined;
    },
  },
  {
    name: 'broker',
    check: () => (bus.connected ? undefined : 'there is no connection to the MQTT broker'),
  },
  {
    name: 'files',
    async check() {
      await files.check();
      return undefined;
    },
  },
];

/**
 * Never a reason to take no work: nobody waits for the answer, which the next call has. A database that is away has a
 * requirement of its own.
 */
function notificationNotes(reasons: () => Promise<string[]>): Requirement {
  let last: string[] = [];
  let isAsking = false;
  return {
    name: 'notifications',
    check() {
      if (isAsking) return undefined;
      isAsking = true;
      reasons()
        .then(
          (found) => {
            last = found;
          },
          () => undefined,
        )
        .finally(() => {
          isAsking = false;
        });
      return undefined;
    },
    notes: () => last,
  };
}
