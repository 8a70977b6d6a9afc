import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import { reasonOfPool } from '../../core/detection/pool/readiness.js';
import type { Requirement } from '../../core/http/readiness.js';
import type { DatabaseGuard } from '../../core/store/guarded-database.js';
import type { Storage } from '../retention/create-storage.js';

/** What the appliance cannot work without. It works without its broker: that is degraded only. */
export const edgeRequirements = (
  pool: { status(): PoolStatus },
  { outbox, images }: Pick<Storage, 'outbox' | 'images'>,
  guard: DatabaseGuard,
): Requirement[] => [
  { name: 'detection', check: () => reasonOfPool(pool.status()) },
  {
    name: 'database',
    async check() {
      await outbox.probe();
      return undefined;
    },
  },
  { name: 'database file', check: () => guard.fault, notes: () => guard.repairs() },
  { name: 'disk', check: () => images.store.budget.writeFailure },
];
