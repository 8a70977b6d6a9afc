import { cameraStateNameSchema } from '../../core/contract/live-payloads.js';
import type { Metrics } from '../../core/http/metrics.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import type { SeenCounts } from './seen-counts.js';

type Each = (read: (status: CameraStatus) => number) => () => [string, number][];

/** How the cameras are, and what they see. */
export function registerCameraMetrics(
  metrics: Metrics,
  cameras: CameraSchedule,
  seen: SeenCounts,
): void {
  const each: Each = (read) => () => cameras.statuses().map((status) => [status.id, read(status)]);
  metrics.gauge({
    name: 'siteglass_cameras_online',
    help: 'Cameras that are online',
    read: () => cameras.statuses().filter(({ state }) => state === 'online').length,
  });
  registerStates(metrics, cameras, each);
  registerSnapshots(metrics, cameras, each);
  registerSeen(metrics, seen);
}

function registerStates(metrics: Metrics, cameras: CameraSchedule, each: Each): void {
  metrics.states({
    name: 'siteglass_camera_state',
    help: '1 for the state that the camera is in, 0 for the others',
    label: 'camera',
    states: cameraStateNameSchema.options,
    read: () => cameras.statuses().map(({ id, state }) => [id, state]),
  });
  metrics.states({
    name: 'siteglass_camera_circuit_state',
    help: '1 for the state that the circuit breaker of the camera is in, 0 for the others',
    label: 'camera',
    states: ['closed', 'half-open', 'open'],
    read: () => cameras.statuses().map(({ id, circuit }) => [id, circuit]),
  });
  metrics.gauges({
    name: 'siteglass_camera_up',
    help: '1 if the camera is online',
    label: 'camera',
    read: each(({ state }) => Number(state === 'online')),
  });
  metrics.gauges({
    name: 'siteglass_camera_circuit_open',
    help: 'State of the circuit breaker of a camera: 0 closed, 0.5 half-open, 1 open',
    label: 'camera',
    read: each(({ circuit }) => ({ closed: 0, 'half-open': 0.5, open: 1 })[circuit]),
  });
  metrics.gauges({
    name: 'siteglass_camera_picture_age_seconds',
    help: 'Time without a new, analysed picture of a camera, while one was expected',
    label: 'camera',
    read: each(({ pictureAgeSeconds }) => pictureAgeSeconds),
  });
  metrics.gauges({
    name: 'siteglass_camera_picture_overdue',
    help: '1 if a camera is frozen or stale: it has sent no new picture for longer than its limit',
    label: 'camera',
    read: each(({ state }) => Number(state === 'frozen' || state === 'stale')),
  });
  metrics.gauges({
    name: 'siteglass_camera_last_snapshot_timestamp_seconds',
    help: 'Time of the last analysed snapshot of a camera; 0 before the first',
    label: 'camera',
    read: each(({ lastSnapshotAt }) => (lastSnapshotAt ?? 0) / 1000),
  });
}

/** Snapshots by what became of them, since the start. */
function registerSnapshots(metrics: Metrics, cameras: CameraSchedule, each: Each): void {
  const counter = (name: string, help: string, read: (status: CameraStatus) => number) =>
    metrics.series('counter', {
      ...{ name, help, labels: ['camera'] },
      read: () => each(read)().map(([camera, number]) => [[camera], number]),
    });
  counter(
    'siteglass_snapshots_total',
    'Snapshots of a camera that were analysed, since the start',
    ({ taken }) => taken,
  );
  counter(
    'siteglass_snapshot_failures_total',
    'Attempts to take a snapshot of a camera that failed, since the start',
    ({ failed }) => failed,
  );
  metrics.series('counter', {
    name: 'siteglass_snapshots_skipped_total',
    help: 'Snapshots of a camera that were not analysed, or not taken, since the start, by reason',
    labels: ['camera', 'reason'],
    read: () => cameras.statuses().flatMap(skipped),
  });
  metrics.gauges({
    name: 'siteglass_camera_damaged_snapshots',
    help: 'Snapshots of a camera of which a part was missing or made up, since the start',
    label: 'camera',
    read: each(({ damaged }) => damaged),
  });
}

const skipped = (status: CameraStatus): [string[], number][] => [
  [[status.id, 'unchanged'], status.unchanged],
  [[status.id, 'overloaded'], status.shed],
  [[status.id, 'previous run'], status.skippedOverlap],
  [[status.id, 'outside windows'], status.outsideWindows],
];

function registerSeen(metrics: Metrics, seen: SeenCounts): void {
  const labels = ['camera', 'label'];
  metrics.series('counter', {
    name: 'siteglass_snapshot_bytes_total',
    help: 'Size of the analysed snapshots of a camera, since the start',
    labels: ['camera'],
    read: () => seen.bytes().map(([camera, number]) => [[camera], number]),
  });
  metrics.series('counter', {
    name: 'siteglass_detections_total',
    help: "Objects detected in a camera's snapshots, since the start",
    labels,
    read: () => seen.rows('detections'),
  });
  metrics.series('counter', {
    name: 'siteglass_sightings_total',
    help: 'Objects that appeared at a camera, since the start',
    labels,
    read: () => seen.rows('sightings'),
  });
  metrics.series('gauge', {
    name: 'siteglass_objects_present',
    help: 'Objects that are present at a camera, without static ones',
    labels,
    read: () => seen.rows('present'),
  });
}
