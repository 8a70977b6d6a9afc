import type { Metrics } from '../../http/metrics.js';
import type { PoolStatus } from './detection-pool.js';

/** The detection workers as gauges. */
export function observePool(metrics: Metrics, pool: { status(): PoolStatus }): void {
  metrics.gauge({
    name: 'siteglass_detection_queue_depth',
    help: 'Jobs that wait for a worker',
    read: () => pool.status().queued,
  });
  metrics.gauge({
    name: 'siteglass_detection_workers_ready',
    help: 'Workers that take jobs',
    read: () => pool.status().ready,
  });
  metrics.counter({
    name: 'siteglass_detection_worker_restarts_total',
    help: 'Workers that were replaced since the start',
    read: () => pool.status().restarts,
  });
}
