import type { AuditLog } from '../../core/access/audit.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { boardTemperature } from '../health/board-temperature.js';
import type { SiteHealth } from '../health/site-health.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { EdgeEvents, RecordedSnapshot } from '../pipeline/edge-events.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { announcedTables } from '../store/tables.js';
import { cameraState } from './camera-state.js';
import type { Connections } from './connections.js';
import { discoveredCamera } from './discovered-camera.js';
import type { PictureLinks } from './picture-links.js';
import type { PublicAddress } from './public-address.js';
import { createPublisher, type Publisher, type PublisherSources } from './publisher.js';

/** The live topics of the site at each configured broker. */
export interface Publishing {
  /** Start before the connections, because they wait for these. */
  listeners: Service[];
  /** Stop before the connections, because they publish a last message. */
  farewells: Service[];
}

export interface PublishingParts {
  storage: Storage;
  pipeline: CameraPipeline;
  connections: Connections;
  health: SiteHealth;
  links: PictureLinks;
  address: PublicAddress;
  audit: AuditLog;
}

/** Subscribes to `events`. */
export function createPublishing(
  dependencies: EdgeDependencies,
  parts: PublishingParts,
  events: EdgeEvents,
): Publishing {
  const { mqtt, lan } = dependencies.config;
  const { connections } = parts;
  const sources = sourcesOf(dependencies, parts);
  const publishers = [
    mqtt &&
      connections.relay &&
      createPublisher(sources, { ...mqtt, connection: 'relay' }, connections.relay),
    lan &&
      connections.lan &&
      createPublisher(sources, { ...lan, connection: 'lan' }, connections.lan),
  ].filter((publisher) => publisher !== undefined);
  for (const publisher of publishers) subscribe(publisher, events, parts);
  // Their labels may be those of a camera.
  dependencies.detection.catalog.onChange(() => {
    for (const { discovery } of publishers) void discovery.announce();
  });
  return {
    listeners: publishers.flatMap(({ services }) => services),
    farewells: publishers.map(({ live }) => ({ name: 'farewell', stop: () => live.farewell() })),
  };
}

function subscribe(
  { live, snapshots, discovery }: Publisher,
  events: EdgeEvents,
  { links, pipeline }: PublishingParts,
): void {
  events.on('snapshotRecorded', (snapshot) => {
    const { id, camera, kept } = snapshot;
    const zones = pipeline.configured.all.find((one) => one.id === camera)?.zones ?? [];
    live.stateChanged(camera, stateOf(snapshot, zones, links));
    for (const event of snapshot.events) live.publishEvent(event);
    if (kept) snapshots?.recorded(camera, id);
  });
  events.on('cameraChanged', (status) => live.cameraChanged(status));
  events.on('cameraRemoved', (camera) => live.cameraRemoved(camera));
  events.on('camerasReplaced', () => void discovery.announce());
}

function stateOf(
  { id, takenAt, analysis, tracks, kept }: RecordedSnapshot,
  zones: CameraConfig['zones'],
  links: PictureLinks,
) {
  const { detections, width, height } = analysis;
  const url = kept ? links.urlOf(id) : null;
  return cameraState({ id, takenAt, detections, tracks, zones, width, height, url });
}

function sourcesOf(
  { config, db, detection, log, clock }: EdgeDependencies,
  { storage, pipeline, health, address, audit }: PublishingParts,
): PublisherSources {
  const { cameras, configured } = pipeline;
  return {
    audit,
    db: tablesOf(db, announcedTables),
    site: config.site,
    version: programVersion(),
    health: () => health.report(),
    statuses: () => cameras.statuses(),
    cameras: () =>
      configured.all.map((camera) => discoveredCamera(camera, config, detection.catalog)),
    commanded: cameras,
    processed: (id) => storage.images.processed.get(id),
    url: () => address.url,
    hasRelay: config.mqtt !== undefined,
    hasTemperature: boardTemperature() !== undefined,
    clock,
    log,
  };
}
