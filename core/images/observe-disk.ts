import type { Metrics } from '../http/metrics.js';
import type { DiskBudget } from './disk-budget.js';

/** What the images take, what they may take, and what is left. `isLocal`: they are in the data folder. */
export function observeDisk(metrics: Metrics, budget: DiskBudget, isLocal = true): void {
  metrics.gauge({
    name: 'siteglass_images_bytes',
    help: 'Size of the stored originals and processed images',
    read: () => budget.usedBytes,
  });
  metrics.gauge({
    name: 'siteglass_images_budget_bytes',
    help: 'What originals and processed images may take together',
    read: () => budget.limits.maxBytes,
  });
  if (!isLocal) return;
  metrics.gauge({
    name: 'siteglass_images_room_bytes',
    help: 'What further images may take: the rest of the budget, or of the disk without its reserve',
    read: async () => Math.max(0, -(await budget.excessBytes())),
  });
  metrics.gauge({
    name: 'siteglass_disk_free_bytes',
    help: 'Free space on the disk of the data folder',
    read: () => budget.freeBytes(),
  });
  metrics.gauge({
    name: 'siteglass_disk_reserve_bytes',
    help: 'Disk space that stays free whatever the budget of the images says',
    read: () => budget.reserveBytes,
  });
}
