import type { Kysely } from 'kysely';
import type { AuditLog } from '../../core/access/audit.js';
import type { Health } from '../../core/contract/live-payloads.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { AnnouncedTables } from '../store/announced-table.js';
import { type CommandedCameras, Commands } from './commands.js';
import type { DiscoveredCamera, DiscoverySources } from './discovery-parts.js';
import { DiscoveryPublisher } from './discovery-publisher.js';
import { LiveTopics } from './live-topics.js';
import { SnapshotPublisher, type SnapshotPublisherOptions } from './snapshot-publisher.js';

/** What a publisher publishes, and the cameras that it controls: the same for every broker. */
export interface PublisherSources {
  audit: AuditLog;
  db: Kysely<AnnouncedTables>;
  site: string;
  version: string;
  health: () => Promise<Health>;
  statuses: () => CameraStatus[];
  cameras: () => DiscoveredCamera[];
  commanded: CommandedCameras;
  processed: SnapshotPublisherOptions['processed'];
  /** The URL of the API for programs on the LAN. */
  url: () => string | undefined;
  hasRelay: boolean;
  hasTemperature: boolean;
  clock: Clock;
  log: Logger;
}

/** What is published at one broker. */
export interface BrokerProfile {
  /** The broker's name in the database. */
  connection: 'lan' | 'relay';
  root: string;
  homeAssistant: boolean;
  snapshots: boolean;
  commands: boolean;
}

/** The parts that publish at one broker. */
export interface Publisher {
  live: LiveTopics;
  discovery: DiscoveryPublisher;
  snapshots: SnapshotPublisher | undefined;
  /** Start before the bus, because they wait for its connections. */
  services: Service[];
}

const JITTER_MS = 5_000;

export function createPublisher(
  sources: PublisherSources,
  profile: BrokerProfile,
  bus: MessageBus,
): Publisher {
  const { db, site, version, health, statuses, cameras, commanded, processed, url, clock } =
    sources;
  const { connection, root, homeAssistant } = profile;
  const log = sources.log.child({ component: 'publishing', connection });
  const pictures = homeAssistant && !profile.snapshots;
  const live = new LiveTopics({ site, bus, health, cameras: statuses, pictures, log });
  const discoverySources = (): DiscoverySources => ({
    site,
    root,
    version,
    url: url(),
    snapshots: profile.snapshots,
    commands: profile.commands,
    hasRelay: sources.hasRelay,
    hasTemperature: sources.hasTemperature,
  });
  const discovery = new DiscoveryPublisher({
    db,
    connection,
    bus,
    homeAssistant,
    sources: discoverySources,
    cameras,
    publishAll: () => live.publishAll(),
    jitterMs: JITTER_MS,
    log,
  });
  const commands = new Commands({
    ...{ site, bus, cameras: commanded, log, clock },
    onDone: (camera, command) => {
      if (command === 'snapshot') return;
      const action = command === 'pause' ? 'camera_paused' : 'camera_resumed';
      const actor = { name: `broker ${connection}`, kind: 'mqtt' } as const;
      sources.audit.record({ action, actor, subject: camera });
    },
  });
  const snapshots = profile.snapshots
    ? new SnapshotPublisher({ site, bus, processed, log })
    : undefined;
  const services = [live, discovery, ...(profile.commands ? [commands] : [])];
  return { live, discovery, snapshots, services };
}
