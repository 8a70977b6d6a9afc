import { join } from 'node:path';
import type { Health } from '../../core/contract/live-payloads.js';
import { programVersion } from '../../core/runtime/program.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import { boardTemperature } from '../health/board-temperature.js';
import type { Ground } from '../pipeline/ground.js';
import type { Recording } from '../pipeline/recorder.js';
import type { Keeping } from '../retention/keeping.js';
import type { Track } from '../sightings/tracks.js';
import { fileIdentity } from '../store/file-identity.js';
import { announcedTables } from '../store/tables.js';
import { createReporting, type Reporting } from '../uplink/reporting.js';
import { cameraState } from './camera-state.js';
import { discoveredCamera } from './discovered-camera.js';
import { createLan, type Lan } from './lan.js';
import { PictureLinks } from './picture-links.js';
import type { Published } from './publisher.js';

/** Those who look at the site from outside: the relay and dashboards, over MQTT. */
export interface Dashboards {
  /** Absent where there is no broker to report to. */
  reporting: Reporting | undefined;
  /** Absent where there is no LAN broker to talk to. */
  lan: Lan | undefined;
  links: PictureLinks;
  recorded(recording: Recording, tracks: readonly Track[]): void;
  cameraChanged(status: CameraStatus): void;
  cameraRemoved(id: string): void;
  /** There are other cameras than before. */
  camerasReplaced(): void;
}

/** What is shown; asked for whenever it is, since it is built after this. */
export interface Shown {
  databaseFile: string;
  health(): Promise<Health>;
  cameras(): CameraSchedule;
  configured(): readonly CameraConfig[];
  /** Where the API is reached on the LAN, as well as the network cards tell. */
  lanUrl(): string;
}

export async function createDashboards(
  ground: Ground,
  keeping: Keeping,
  shown: Shown,
): Promise<Dashboards> {
  const { config } = ground;
  const links = new PictureLinks(
    join(config.dataFolder, 'picture-key'),
    () => config.publicUrl?.replace(/\/+$/, '') ?? shown.lanUrl(),
  );
  const published = publishedOf(ground, keeping, shown);
  const reporting = await reportingOf(ground, keeping, published, shown.databaseFile);
  const lan = config.lan && createLan(published, config.lan);
  const publishers = [reporting?.publisher, lan?.publisher].filter((p) => p !== undefined);
  return {
    reporting,
    lan,
    links,
    recorded({ id, camera, takenAt, analysis: { detections }, kept, events }, tracks) {
      const url = kept ? links.urlOf(id) : null;
      const state = cameraState({ id, takenAt, detections, tracks, url });
      reporting?.uplink.wake();
      for (const { live, pictures } of publishers) {
        live.stateChanged(camera, state);
        for (const event of events) live.happened(event);
        if (kept) pictures?.recorded(camera, id);
      }
    },
    cameraChanged(status) {
      for (const { live } of publishers) live.cameraChanged(status);
    },
    cameraRemoved(id) {
      for (const { live } of publishers) live.cameraRemoved(id);
    },
    camerasReplaced() {
      for (const { announcements } of publishers) void announcements.announce();
    },
  };
}

function publishedOf(
  { config, db, detection, log, clock }: Ground,
  { images }: Keeping,
  { health, cameras, configured, lanUrl }: Shown,
): Published {
  return {
    db: tablesOf(db, announcedTables),
    site: config.site,
    version: programVersion(),
    health,
    statuses: () => cameras().statuses(),
    cameras: () =>
      configured().map((camera) => discoveredCamera(camera, config, detection.catalog)),
    commanded: {
      snapshotNow: (id) => cameras().snapshotNow(id),
      pause: (id) => cameras().pause(id),
      resume: (id) => cameras().resume(id),
    },
    picture: (id) => images.processed.get(id),
    url: () => config.publicUrl ?? lanUrl(),
    hasTemperature: boardTemperature() !== undefined,
    clock,
    log,
  };
}

async function reportingOf(
  { config, log, clock }: Ground,
  { outbox, timeSync }: Keeping,
  published: Published,
  databaseFile: string,
): Promise<Reporting | undefined> {
  const { site, mqtt } = config;
  if (!mqtt) return undefined;
  const { maxBytes: _, maxAgeMs: __, ...sending } = config.outbox;
  return createReporting({
    site,
    mqtt,
    outbox,
    sending,
    identity: await fileIdentity(databaseFile),
    published,
    log,
    clock,
    trustedClock: () => timeSync.now(),
  });
}
