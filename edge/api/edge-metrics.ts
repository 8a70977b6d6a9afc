import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import { observePool } from '../../core/detection/pool/observe-pool.js';
import type { Metrics } from '../../core/http/metrics.js';
import { observeDisk } from '../../core/images/observe-disk.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { EdgeEvents } from '../pipeline/edge-events.js';
import type { Connections } from '../publishing/connections.js';
import type { Storage } from '../retention/create-storage.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { Outbox } from '../store/outbox.js';
import { registerCameraMetrics } from './camera-metrics.js';
import { SeenCounts } from './seen-counts.js';

export interface MetricSources {
  pool: { status(): PoolStatus };
  storage: Storage;
  pipeline: CameraPipeline;
  connections: Connections;
  eventStream: EventStream;
  events: EdgeEvents;
}

/** The metrics that only the appliance has. */
export function registerEdgeMetrics(metrics: Metrics, sources: MetricSources): void {
  const { pool, storage, pipeline, connections, eventStream } = sources;
  observePool(metrics, pool);
  // Without a relay, nothing waits for it.
  if (connections.relay) registerOutbox(metrics, storage.outbox);
  registerCameraMetrics(metrics, pipeline.cameras, new SeenCounts(sources.events));
  registerPipeline(metrics, pipeline);
  registerStorage(metrics, storage);
  registerConnections(metrics, connections);
  metrics.gauge({
    name: 'siteglass_event_streams',
    help: 'Clients connected to the event stream',
    read: () => eventStream.clients,
  });
}

function registerOutbox(metrics: Metrics, outbox: Outbox): void {
  metrics.gauge({
    name: 'siteglass_outbox_depth',
    help: 'Summaries that the relay has not acknowledged',
    read: async () => (await outbox.depth()).depth,
  });
  metrics.gauge({
    name: 'siteglass_outbox_oldest_seconds',
    help: 'Age of the oldest summary that is not acknowledged; 0 if there is none',
    read: async () => (await outbox.depth()).oldestSeconds ?? 0,
  });
  metrics.gauge({
    name: 'siteglass_outbox_bytes',
    help: 'Size of the summaries that are not acknowledged',
    read: async () => (await outbox.state()).bytes,
  });
  metrics.gauge({
    name: 'siteglass_outbox_budget_bytes',
    help: 'What the summaries of the outbox may take; beyond it the oldest are evicted',
    read: () => outbox.budget.maxBytes,
  });
  metrics.gauge({
    name: 'siteglass_outbox_room_bytes',
    help: 'What is left of the budget of the outbox',
    read: async () => Math.max(0, outbox.budget.maxBytes - (await outbox.state()).bytes),
  });
  metrics.gauge({
    name: 'siteglass_outbox_max_age_seconds',
    help: 'Age at which a summary of the outbox is evicted',
    read: () => outbox.budget.maxAgeMs / 1000,
  });
  metrics.gauge({
    name: 'siteglass_outbox_acknowledged_seq',
    help: 'Highest seq up to which every summary is acknowledged; starts again with each epoch',
    read: async () => (await outbox.state()).ackedSeq,
  });
  metrics.counter({
    name: 'siteglass_outbox_evicted_total',
    help: 'Summaries that the outbox budget evicted, since the database was created',
    read: async () => (await outbox.state()).evicted,
  });
  metrics.counter({
    name: 'siteglass_outbox_refused_total',
    help: 'Summaries that the relay or the broker refused and that were set aside, since the database was created',
    read: async () => (await outbox.state()).refused,
  });
  metrics.counter({
    name: 'siteglass_outbox_forgotten_total',
    help: 'Acknowledged summaries that a relay lost and that were not kept any more, since the database was created',
    read: async () => (await outbox.state()).forgotten,
  });
  metrics.gauge({
    name: 'siteglass_outbox_kept',
    help: 'Acknowledged summaries that are kept, to send them again to a relay that was restored from a backup',
    read: async () => (await outbox.state()).kept,
  });
}

function registerPipeline(metrics: Metrics, { gates, recorder }: CameraPipeline): void {
  metrics.counter({
    name: 'siteglass_snapshots_unstored_total',
    help: 'Snapshots that could not be stored, or only without their image, since the start',
    read: () => recorder.unstored,
  });
  metrics.counter({
    name: 'siteglass_searches_saved_total',
    help: 'Snapshots that the motion gate did not search, since the start',
    read: () => gates.saved,
  });
}

function registerStorage(metrics: Metrics, { images: { store }, retention }: Storage): void {
  observeDisk(metrics, store.budget);
  metrics.counter({
    name: 'siteglass_images_removed_total',
    help: 'Images removed by age or budget, since the start',
    read: () => retention.removed.images,
  });
}

function registerConnections(metrics: Metrics, { relay, lan }: Connections): void {
  if (relay)
    metrics.gauge({
      name: 'siteglass_broker_connected',
      help: '1 if connected to the MQTT broker',
      read: () => Number(relay.connected),
    });
  if (lan)
    metrics.gauge({
      name: 'siteglass_lan_broker_connected',
      help: '1 if connected to the LAN broker',
      read: () => Number(lan.connected),
    });
}
