import { join } from 'node:path';
import { tablesOf } from '../../core/store/table-set.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { ConfigReload } from '../cameras/config-reload.js';
import { ConfiguredCameras } from '../cameras/configured-cameras.js';
import { createCamera } from '../cameras/create-camera.js';
import type { CameraManager } from '../cameras/managed/camera-manager.js';
import type { ManagedCameras } from '../cameras/managed/managed-cameras.js';
import { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import { CameraStatusFile } from '../cameras/status-file.js';
import type { EdgeConfig } from '../config.js';
import type { HealthPart, SiteHealth } from '../health/site-health.js';
import type { Storage } from '../retention/create-storage.js';
import type { ImageLinks } from '../sightings/sighting-event.js';
import { Sightings } from '../sightings/sightings.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { sightingTables } from '../store/tables.js';
import { camerasCondition } from './cameras-condition.js';
import { type ApplyOptions, createCameraChanges } from './create-camera-changes.js';
import type { EdgeEvents } from './edge-events.js';
import { longestSearchMs } from './longest-search.js';
import { MotionGates } from './motion-gates.js';
import { NameCheck } from './name-check.js';
import { Recorder } from './recorder.js';

/** The path of a snapshot: camera, motion gate, detection, one transaction, an event. */
export interface CameraPipeline {
  /** The cameras in the present configuration. */
  configured: ConfiguredCameras;
  nameCheck: NameCheck;
  cameras: CameraSchedule;
  statusFile: CameraStatusFile;
  gates: MotionGates;
  sightings: Sightings;
  recorder: Recorder;
  reload: ConfigReload;
  /** What the API manages of them. */
  managed: ManagedCameras;
  manager: CameraManager;
  /** What a camera needs and this machine lacks, one line for each. */
  warningsOf(camera: CameraConfig): Promise<string[]>;
}

/** Where cameras are declared, besides the configuration at the start. */
export interface CameraSources {
  managed: ManagedCameras;
  /** Reads the configuration again. */
  reread: () => EdgeConfig;
}

/** Registers the condition of detection and of the cameras with `health`. */
export function createPipeline(
  dependencies: EdgeDependencies,
  storage: Storage,
  events: EdgeEvents,
  health: SiteHealth,
  { managed, reread, links }: CameraSources & { links?: ImageLinks },
): CameraPipeline {
  const { config, db, log, clock, detection } = dependencies;
  const { catalog } = detection;
  const camerasLog = log.child({ component: 'cameras' });
  const configured = new ConfiguredCameras(config.cameras, managed);
  const sightings = new Sightings({
    db: tablesOf(db, sightingTables),
    cameras: () => configured.all.map(({ id }) => id),
    cameraName: (camera) => configured.nameOf(camera),
    ...(links && { links }),
    clockAhead: () => storage.steadyTime.trustedAhead,
    log: log.child({ component: 'sightings' }),
  });
  const gates = new MotionGates({
    isUnsettled: (camera) => sightings.hasPendingChange(camera),
    clock,
  });
  const recorder = new Recorder({
    images: storage.images.images,
    retention: storage.retention,
    // Without a broker no summary would ever be acknowledged.
    outbox: config.mqtt && storage.outbox,
    sightings,
    gates,
    defaults: { sightings: config.sightings, motion: config.motion },
    clockStatus: storage.clockStatus,
    trusted: (at) => storage.steadyTime.trusted(at),
    events,
    log: camerasLog,
  });
  const open = (camera: CameraConfig) =>
    createCamera(camera, join(config.dataFolder, 'cameras'), clock, config.retention.maxAgeDays);
  const cameras = new CameraSchedule({
    cameras: configured.all.map((camera) => ({ config: camera, camera: open(camera) })),
    analyse: (camera, snapshot, trigger) => recorder.record(camera, snapshot, trigger),
    onStatus: (status) => events.emit('cameraChanged', status),
    onRemoved: (id) => events.emit('cameraRemoved', id),
    longestAnalysisMs: longestAnalysisMs(config),
    log: camerasLog,
    clock,
  });
  events.on('snapshotRecorded', ({ camera, analysis }) => {
    if (analysis.damaged) cameras.recordDamaged(camera);
  });
  const apply = async (options: ApplyOptions) => {
    const changes = await cameras.replace(configured.all, open, options);
    await sightings.endForRemovedCameras();
    events.emit('camerasReplaced', configured.all);
    return changes;
  };
  const changes = createCameraChanges(dependencies, { managed, configured, events, reread, apply });
  health.register(() => ({ reasons: configured.faults() }));
  const statusFile = new CameraStatusFile(config.dataFolder, camerasLog);
  events.on('cameraChanged', (status) => statusFile.record(status));
  events.on('cameraRemoved', (id) => statusFile.remove(id));
  health.register(() => detectionCondition(dependencies));
  const nameCheck = new NameCheck({
    settings: config.detection,
    configured,
    catalog,
    log: camerasLog,
  });
  health.register(() => nameCheck.condition());
  health.register(() => camerasCondition(cameras.statuses()));
  return {
    ...{ configured, managed, nameCheck, cameras, statusFile, gates, sightings, recorder },
    ...changes,
  };
}

function detectionCondition({ detection }: EdgeDependencies): HealthPart {
  const { state } = detection.pool.status();
  return { reasons: state === 'ok' ? [] : [`detection is ${state}`] };
}

/** A search, and before it one that gave no thumbnail: both wait in the same queue. */
const longestAnalysisMs = ({ detection }: EdgeConfig): number =>
  2 * longestSearchMs(detection) + 60_000;
