import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import { observePool } from '../../core/detection/pool/observe-pool.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { Connections } from '../publishing/connections.js';
import type { Storage } from '../retention/create-storage.js';
import type { EventStream } from '../sightings/event-stream.js';
import type { Outbox } from '../store/outbox.js';

export interface MetricSources {
  pool: { status(): PoolStatus };
  storage: Storage;
  pipeline: CameraPipeline;
  connections: Connections;
  eventStream: EventStream;
}

/** The metrics that only the appliance has. */
export function registerEdgeMetrics(metrics: Metrics, sources: MetricSources): void {
  const { pool, storage, pipeline, connections, eventStream } = sources;
  observePool(metrics, pool);
  registerOutbox(metrics, storage.outbox);
  registerCameras(metrics, pipeline.cameras);
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

function registerCameras(metrics: Metrics, cameras: CameraSchedule): void {
  metrics.gauge({
    name: 'siteglass_cameras_online',
    help: 'Cameras that are online',
    read: () => cameras.statuses().filter(({ state }) => state === 'online').length,
  });
  const eachCamera = (read: (status: CameraStatus) => number) => () =>
    cameras.statuses().map((status): [string, number] => [status.id, read(status)]);
  metrics.gauges({
    name: 'siteglass_camera_up',
    help: '1 if the camera is online',
    label: 'camera',
    read: eachCamera(({ state }) => Number(state === 'online')),
  });
  metrics.gauges({
    name: 'siteglass_camera_circuit_open',
    help: 'State of the circuit breaker of a camera: 0 closed, 0.5 half-open, 1 open',
    label: 'camera',
    read: eachCamera(({ circuit }) => ({ closed: 0, 'half-open': 0.5, open: 1 })[circuit]),
  });
  metrics.gauges({
    name: 'siteglass_camera_damaged_snapshots',
    help: 'Snapshots of a camera of which a part was missing or made up, since the start',
    label: 'camera',
    read: eachCamera(({ damaged }) => damaged),
  });
  metrics.gauges({
    name: 'siteglass_camera_picture_age_seconds',
    help: 'Time without a new, analysed picture of a camera, while one was expected',
    label: 'camera',
    read: eachCamera(({ pictureAgeSeconds }) => pictureAgeSeconds),
  });
  metrics.gauges({
    name: 'siteglass_camera_picture_overdue',
    help: '1 if a camera is frozen or stale: it has sent no new picture for longer than its limit',
    label: 'camera',
    read: eachCamera(({ state }) => Number(state === 'frozen' || state === 'stale')),
  });
  metrics.gauges({
    name: 'siteglass_camera_last_snapshot_timestamp_seconds',
    help: 'Time of the last analysed snapshot of a camera; 0 before the first',
    label: 'camera',
    read: eachCamera(({ lastSnapshotAt }) => (lastSnapshotAt ?? 0) / 1000),
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
  metrics.gauge({
    name: 'siteglass_images_bytes',
    help: 'Size of the stored originals and processed images',
    read: () => store.budget.usedBytes,
  });
  metrics.gauge({
    name: 'siteglass_disk_free_bytes',
    help: 'Free disk space at the data folder',
    read: () => store.budget.freeBytes(),
  });
  metrics.counter({
    name: 'siteglass_images_removed_total',
    help: 'Images removed by age or budget, since the start',
    read: () => retention.removed.images,
  });
}

function registerConnections(metrics: Metrics, { relay, lan }: Connections): void {
  metrics.gauge({
    name: 'siteglass_broker_connected',
    help: '1 if connected to the MQTT broker',
    read: () => Number(relay?.connected ?? false),
  });
  if (!lan) return;
  metrics.gauge({
    name: 'siteglass_lan_broker_connected',
    help: '1 if connected to the LAN broker',
    read: () => Number(lan.connected),
  });
}
