import type { ImageModule } from '../../core/images/image-module.js';
import { imageTable, type StoredImage } from '../../core/images/image-table.js';
import { resultOf } from '../../core/images/presenter.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { SiteHealth } from '../health/site-health.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { EdgeEvents } from '../pipeline/edge-events.js';
import type { Connections } from '../publishing/connections.js';
import type { ImageLinks } from '../sightings/sighting-event.js';
import { SightingList } from '../sightings/sighting-list.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { sightingTables, totalTables } from '../store/tables.js';
import type { RelayUplink } from '../uplink/create-uplink.js';
import { Exports } from './export/exports.js';
import { LiveCameras, type NewestPicture } from './live/live-cameras.js';
import { LiveStream } from './live/live-stream.js';
import { Marks } from './marks.js';
import { LatestPictures } from './pictures/latest-pictures.js';
import { MotionJpeg } from './pictures/motion-jpeg.js';
import { Timelapse } from './pictures/timelapse.js';
import { DayCounts } from './sighting-days.js';
import { Totals } from './totals.js';

/** What people look at: sightings, and the cameras as they are now. */
export interface EventViews {
  list: SightingList;
  days: DayCounts;
  marks: Marks;
  totals: Totals;
  exports: Exports;
  live: LiveStream;
  latest: LatestPictures;
  motionJpeg: MotionJpeg;
  timelapse: Timelapse;
  /** They stop before the server, which waits for responses to end. */
  services: Service[];
}

export interface EventParts {
  images: ImageModule;
  pipeline: CameraPipeline;
  links: ImageLinks;
  health: SiteHealth;
  connections: Connections;
  uplink: RelayUplink | undefined;
}

/** Of the budget for images, what pictures of marks may take. */
const MARKS_SHARE = 0.1;

/** Subscribes to `events`. */
export function createEvents(
  dependencies: EdgeDependencies,
  parts: EventParts,
  events: EdgeEvents,
): EventViews {
  const { config, db, clock } = dependencies;
  const { images, pipeline, links } = parts;
  const sightings = tablesOf(db, sightingTables);
  const cameraName = (camera: string) => pipeline.configured.nameOf(camera);
  const list = new SightingList({ db: sightings, cameraName, links });
  const { store } = images;
  const version = programVersion();
  const exports = new Exports({ site: config.site, version, list, store, clock });
  const maxBytes = config.images.maxStoredBytes * MARKS_SHARE;
  const shown = createPictures(dependencies, parts, events);
  const live = createLive(dependencies, parts, shown.cameras);
  live.subscribe(events);
  return {
    ...{ list, exports, live, ...shown.pictures },
    days: new DayCounts(sightings, clock),
    marks: new Marks({ db, clock, maxBytes }),
    totals: new Totals(tablesOf(db, totalTables), clock),
    services: [exports, shown.pictures.timelapse, shown.pictures.motionJpeg, live],
  };
}

function createPictures(
  { log }: EdgeDependencies,
  { images: { images, store, processed, renditions }, pipeline }: EventParts,
  events: EdgeEvents,
) {
  const newest = async (camera: string): Promise<StoredImage | undefined> =>
    (await imageTable.list(store.db, { camera, limit: 1 }))[0];
  const cameras = new LiveCameras({
    statuses: () => pipeline.cameras.statuses(),
    tracksOf: (camera) => pipeline.sightings.tracksOf(camera),
    newest: async (camera) => newestPicture(await newest(camera)),
  });
  const check = (camera: string) => void pipeline.cameras.status(camera);
  const latest = new LatestPictures({
    ...{ check, images, store, processed, renditions },
    newestStored: (camera) => cameras.newestStored(camera)?.id,
    findNewest: async (camera) => (await newest(camera))?.id,
  });
  const motionJpeg = new MotionJpeg({
    ...{ check, pictures: latest },
    log: log.child({ component: 'motion jpeg' }),
  });
  motionJpeg.subscribe(events);
  const timelapse = new Timelapse({
    ...{ images, renditions },
    idsBetween: (camera, from, to) => imageTable.idsBetween(store.db, camera, from, to),
    log: log.child({ component: 'time-lapse' }),
  });
  return { cameras, pictures: { latest, motionJpeg, timelapse } };
}

function createLive(
  { config, log, clock }: EdgeDependencies,
  { health, connections, uplink }: EventParts,
  cameras: LiveCameras,
): LiveStream {
  const { relay } = connections;
  return new LiveStream({
    ...{ site: config.site, cameras, clock },
    health: () => health.report(),
    relay: async () => {
      const status = await uplink?.uplink.status();
      return {
        configured: relay !== undefined,
        connected: status?.connected ?? false,
        lastError: status?.problem ?? relay?.status().lastError ?? null,
      };
    },
    onRelayChange: (changed) => {
      relay?.onConnect(changed);
      relay?.onDisconnect(changed);
    },
    log: log.child({ component: 'live stream' }),
  });
}

function newestPicture(image: StoredImage | undefined): NewestPicture | undefined {
  if (!image || image.result === null) return undefined;
  const { id, created_at } = image;
  return { id, takenAt: Number(created_at), analysis: resultOf(image), stored: true };
}
