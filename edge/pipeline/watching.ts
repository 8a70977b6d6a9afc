import { join } from 'node:path';
import { over } from '../../core/store/database.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { ConfigReload } from '../cameras/config-reload.js';
import { createCamera } from '../cameras/create-camera.js';
import { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import type { EdgeConfig } from '../config.js';
import type { Dashboards } from '../publishing/dashboards.js';
import type { Keeping } from '../retention/keeping.js';
import { EventStream } from '../sightings/event-stream.js';
import { Sightings } from '../sightings/sightings.js';
import type { Ground } from './ground.js';
import { longestSearchMs } from './longest-search.js';
import { MotionGates } from './motion-gates.js';
import { Recorder } from './recorder.js';

/** The way of a snapshot: from a camera through motion gate, detection and record to those who look on. */
export interface Watching {
  cameras: CameraSchedule;
  gates: MotionGates;
  sightings: Sightings;
  events: EventStream;
  reload: ConfigReload;
  /** The cameras as they are configured now. */
  configured(): readonly CameraConfig[];
  /** Snapshots that could not be stored since the start. */
  unstored(): number;
}

export function createWatching(
  ground: Ground,
  keeping: Keeping,
  dashboards: Dashboards,
  reread: () => EdgeConfig,
): Watching {
  const { config, db, log, clock } = ground;
  const camerasLog = log.child({ component: 'cameras' });
  let configured: readonly CameraConfig[] = config.cameras;
  let unstored = 0;
  const sightings = new Sightings({
    db: over(db),
    cameras: () => configured.map(({ id }) => id),
    log: log.child({ component: 'sightings' }),
  });
  const events = new EventStream({ db: over(db) });
  const gates = new MotionGates({
    isUnsettled: (camera) => sightings.isUnsettled(camera),
  });
  const recorder = new Recorder({
    images: keeping.images.images,
    retention: keeping.retention,
    outbox: dashboards.reporting && keeping.outbox,
    sightings,
    gates,
    defaults: { sightings: config.sightings, motion: config.motion },
    clockStatus: () => keeping.timeSync.status,
    onUnstored: (error) => {
      unstored++;
      keeping.storage.failed(error);
    },
    log: camerasLog,
    onRecorded: (recording) => {
      dashboards.recorded(recording, sightings.tracksOf(recording.camera));
      if (recording.events.length > 0) events.wake();
    },
  });
  const open = (camera: CameraConfig) =>
    createCamera(camera, join(config.dataFolder, 'cameras'), clock);
  const cameras = new CameraSchedule({
    cameras: config.cameras.map((camera) => ({ config: camera, camera: open(camera) })),
    analyse: (camera, snapshot, asked) => recorder.record(camera, snapshot, asked),
    onStatus: (status) => dashboards.cameraChanged(status),
    onRemoved: (id) => dashboards.cameraRemoved(id),
    longestAnalysisMs: longestAnalysisMs(config),
    log: camerasLog,
    clock,
  });
  const reload = new ConfigReload({
    config,
    read: reread,
    replaceCameras: async (configs) => {
      const changes = await cameras.replace(configs, open);
      configured = configs;
      await sightings.closeAbsent();
      dashboards.camerasReplaced();
      return changes;
    },
    log: log.child({ component: 'configuration' }),
  });
  return {
    cameras,
    gates,
    sightings,
    events,
    reload,
    configured: () => configured,
    unstored: () => unstored,
  };
}

/** A look of the motion gate, which waits in the same queue, and a search. */
const longestAnalysisMs = ({ detection }: EdgeConfig): number =>
  2 * longestSearchMs(detection) + 60_000;
