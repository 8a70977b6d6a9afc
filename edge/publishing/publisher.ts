import type { Kysely } from 'kysely';
import type { Health } from '../../core/contract/live-payloads.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { AnnouncedTables } from '../store/announced-table.js';
import { Announcements } from './announcements.js';
import { type CommandedCameras, Commands } from './commands.js';
import type { DiscoveredCamera, DiscoverySources } from './discovery-message.js';
import { LiveTopics } from './live-topics.js';
import { SnapshotPictures, type SnapshotPicturesOptions } from './snapshot-pictures.js';

/** What a publisher publishes and which cameras it commands: the same for every broker. */
export interface PublisherSources {
  db: Kysely<AnnouncedTables>;
  site: string;
  version: string;
  health: () => Promise<Health>;
  statuses: () => CameraStatus[];
  cameras: () => DiscoveredCamera[];
  commanded: CommandedCameras;
  picture: SnapshotPicturesOptions['picture'];
  /** Where the API is, for programs on the LAN. */
  url: () => string | undefined;
  hasTemperature: boolean;
  clock: Clock;
  log: Logger;
}

/** What is sources at one broker. */
export interface BrokerProfile {
  /** Which broker, for what is remembered of it. */
  connection: 'lan' | 'relay';
  root: string;
  homeAssistant: boolean;
  snapshots: boolean;
  commands: boolean;
}

/** All that dashboards see at one broker. */
export interface Publisher {
  live: LiveTopics;
  announcements: Announcements;
  pictures: SnapshotPictures | undefined;
  /** To be started before the bus, whose connections they listen for. */
  services: Service[];
}

const JITTER_MS = 5_000;

export function createPublisher(
  sources: PublisherSources,
  profile: BrokerProfile,
  bus: MessageBus,
): Publisher {
  const { db, site, version, health, statuses, cameras, commanded, picture, url, clock } = sources;
  const { connection, root, homeAssistant, snapshots } = profile;
  const log = sources.log.child({ component: 'publishing', connection });
  const live = new LiveTopics({ site, bus, health, cameras: statuses, log });
  const discovery = (): DiscoverySources => ({
    site,
    root,
    version,
    url: url(),
    snapshots,
    hasTemperature: sources.hasTemperature,
  });
  const announcements = new Announcements({
    db,
    connection,
    bus,
    homeAssistant,
    sources: discovery,
    cameras,
    publishAll: () => live.publishAll(),
    jitterMs: JITTER_MS,
    log,
  });
  const commands = new Commands({ site, bus, cameras: commanded, log, clock });
  const pictures = snapshots ? new SnapshotPictures({ site, bus, picture, log }) : undefined;
  const services = [live, announcements, ...(profile.commands ? [commands] : [])];
  return { live, announcements, pictures, services };
}
