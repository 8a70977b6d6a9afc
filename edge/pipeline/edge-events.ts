import type { SightingEvent } from '../../core/contract/sighting.js';
import type { Recorded } from '../../core/images/images.js';
import type { TypedEvents } from '../../core/runtime/typed-events.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { Track } from '../sightings/tracks.js';

/** A snapshot whose transaction is committed, with what it changed. */
export interface RecordedSnapshot extends Recorded {
  camera: string;
  /** Milliseconds since the epoch. */
  takenAt: number;
  /** Sightings that appeared or left with this snapshot. */
  events: SightingEvent[];
  /** The objects at the camera from now on, tentative ones included. */
  tracks: readonly Track[];
  /** False if there was no disk space for the image. */
  kept: boolean;
  /** Size of the picture as the camera sent it. */
  bytes: number;
}

/** What the pipeline and the cameras report. */
export interface EdgeEventMap {
  snapshotRecorded: RecordedSnapshot;
  /** The state of a camera changed; also emitted once for each camera at the start. */
  cameraChanged: CameraStatus;
  /** The id of a camera that no longer belongs to the site. */
  cameraRemoved: string;
  /** The new list of cameras, after a reload of the configuration. */
  camerasReplaced: readonly CameraConfig[];
  /** The configuration was reloaded on SIGHUP. */
  reloadedBySignal: undefined;
  /** Why a snapshot, or its image, could not be stored. */
  storageFailed: unknown;
}

export type EdgeEvents = TypedEvents<EdgeEventMap>;
