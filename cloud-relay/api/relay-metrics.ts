import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import { observePool } from '../../core/detection/pool/observe-pool.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { ImageStore } from '../../core/images/image-store.js';
import { observeDisk } from '../../core/images/observe-disk.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Ingest } from '../ingest/ingest.js';

interface Observed {
  pool: { status(): PoolStatus };
  ingest: Ingest;
  store: ImageStore;
  bus: MessageBus;
  fleet: Fleet;
  /** Whether the relay's data is in the data folder. */
  keepsFiles: boolean;
}

/** The metrics that only the relay has. */
export function registerRelayMetrics(
  metrics: Metrics,
  { pool, ingest, store, bus, fleet, keepsFiles }: Observed,
): void {
  observePool(metrics, pool);
  metrics.gauge({
    name: 'siteglass_broker_connected',
    help: '1 while there is a connection to the MQTT broker',
    read: () => Number(bus.connected),
  });
  observeDisk(metrics, store.budget, keepsFiles);
  metrics.gauge({
    name: 'siteglass_sites_reporting',
    help: 'Sites whose health reports arrive in time',
    read: async () => (await fleet.reportingSites()).reporting,
  });
  metrics.gauge({
    name: 'siteglass_sites_stale',
    help: 'Sites that have reported and whose health report is overdue',
    read: async () => (await fleet.reportingSites()).stale,
  });
  for (const [name, help] of [
    ['received', 'Summaries received, repeated ones included'],
    ['committed', 'Summaries stored'],
    ['duplicates', 'Summaries that were stored before'],
    ['refused', 'Summaries from sites that are not admitted'],
    ['damaged', 'Records whose checksum does not match; the appliance sends them again'],
    ['rejected', 'Records that the relay can never store; the appliance sets them aside'],
    [
      'conflicts',
      'Records with the number of another summary: two appliances use copies of one database',
    ],
    ['lost', 'Summaries that neither this relay nor the appliance has any more'],
    ['over_budget', 'Records beyond the budget of their site; they are not stored'],
    ['collapsed', 'Summaries with labels beyond the budget of their site, counted as other'],
    ['failed', 'Summaries that could not be stored; the appliance sends them again'],
  ] as const)
    metrics.counter({
      name: `siteglass_ingest_${name}_total`,
      help,
      read: () => ingest.status()[name === 'over_budget' ? 'overBudget' : name],
    });
}
