import type { Analysis } from '../../../core/contract/detection.js';
import type { LiveCamera, LivePicture, LivePresent } from '../../../core/contract/live.js';
import { toIsoString, toIsoStringOrNull } from '../../../core/runtime/clock.js';
import type { CameraStatus } from '../../cameras/camera-status.js';
import type { RecordedSnapshot } from '../../pipeline/edge-events.js';
import type { Track } from '../../sightings/tracks.js';

/** Of a picture with very many detections, the strongest are shown. */
const MAX_SHOWN = 100;

/** An analysed snapshot, as it is stored or as it was just recorded. */
export interface NewestPicture {
  id: string;
  takenAt: number;
  analysis: Pick<Analysis, 'width' | 'height' | 'detections' | 'omitted'>;
  /** False if there was no disk space for it. */
  stored: boolean;
}

export interface LiveCamerasOptions {
  statuses(): CameraStatus[];
  tracksOf(camera: string): readonly Track[];
  /** The newest stored picture of a camera, from the database. */
  newest(camera: string): Promise<NewestPicture | undefined>;
}

/** The present state of every camera, in memory: the database is read once for each camera. */
export class LiveCameras {
  readonly #pictures = new Map<string, LivePicture>();
  /** The newest ones that can be shown. */
  readonly #stored = new Map<string, { id: string; takenAt: number }>();

  constructor(private readonly options: LiveCamerasOptions) {}

  /** Reads the newest pictures of cameras that are new. */
  async load(cameras: readonly string[]): Promise<void> {
    for (const camera of cameras) {
      if (this.#pictures.has(camera)) continue;
      const newest = await this.options.newest(camera);
      // A snapshot may have come meanwhile.
      if (newest && !this.#pictures.has(camera)) this.#set(camera, newest);
    }
  }

  recorded({ camera, id, takenAt, analysis, kept }: RecordedSnapshot): void {
    this.#set(camera, { id, takenAt, analysis, stored: kept });
  }

  remove(camera: string): void {
    this.#pictures.delete(camera);
    this.#stored.delete(camera);
  }

  /** The newest stored picture. */
  newestStored(camera: string): { id: string; takenAt: number } | undefined {
    return this.#stored.get(camera);
  }

  ids(): string[] {
    return this.options.statuses().map(({ id }) => id);
  }

  /** All of them, or some. */
  list(some?: readonly string[]): LiveCamera[] {
    return this.options
      .statuses()
      .filter(({ id }) => some?.includes(id) ?? true)
      .map((status) => this.#present(status));
  }

  #present(status: CameraStatus): LiveCamera {
    const { id, name, kind, state, lastError, circuit, pictureAgeSeconds, nextRunAt } = status;
    return {
      ...{ id, name: name ?? null, kind, state, lastError, circuit, pictureAgeSeconds },
      nextRunAt: toIsoStringOrNull(nextRunAt),
      picture: this.#pictures.get(id) ?? null,
      present: this.options.tracksOf(id).flatMap(presentTrack),
    };
  }

  #set(camera: string, { id, takenAt, analysis, stored }: NewestPicture): void {
    const { width, height, detections, omitted = 0 } = analysis;
    const shown = detections.slice(0, MAX_SHOWN);
    this.#pictures.set(camera, {
      ...{ id, takenAt: toIsoString(takenAt), width, height, stored },
      detections: shown.map(({ label, confidence, box }) => ({ label, confidence, box })),
      omitted: omitted + detections.length - shown.length,
    });
    if (stored) this.#stored.set(camera, { id, takenAt });
  }
}

function presentTrack(track: Track): LivePresent[] {
  if (track.state === 'tentative') return [];
  return [
    {
      sighting: track.id,
      label: track.label,
      static: track.state === 'static',
      startedAt: toIsoString(track.startedAt),
      lastSeenAt: toIsoString(track.lastSeenAt),
      confidence: track.best.confidence,
      box: track.box,
      zones: track.zones ?? [],
    },
  ];
}
