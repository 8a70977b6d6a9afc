import type { Readable } from 'node:stream';
import type { LiveRelay, LiveState } from '../../../core/contract/live.js';
import type { Health } from '../../../core/contract/live-payloads.js';
import { StreamPlaces } from '../../../core/http/stream-places.js';
import { type Clock, toIsoString } from '../../../core/runtime/clock.js';
import { messageOf } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { EdgeEvents } from '../../pipeline/edge-events.js';
import type { LiveCameras } from './live-cameras.js';
import { type Json, LiveClient, type Round } from './live-client.js';

export interface LiveStreamOptions {
  site: string;
  cameras: LiveCameras;
  health: () => Promise<Health>;
  /** Whether the relay is connected, and what is wrong with it. */
  relay: () => Promise<Pick<LiveRelay, 'configured' | 'connected' | 'lastError'>>;
  /** Calls back when the connection to the relay comes or goes. */
  onRelayChange?: (changed: () => void) => void;
  clock: Clock;
  log: Logger;
  maxClients?: number;
  /** Of one network. */
  maxClientsEach?: number;
  heartbeatMs?: number;
  patienceMs?: number;
  /** Changes that come within this time are one message. */
  roundMs?: number;
  /** How often the health, and what changes without an event, is looked at. */
  lookMs?: number;
}

/** Limit on the sightings of one round. */
const MAX_SIGHTINGS = 200;

/**
 * The state of the site for pages that show it, as server-sent events: everything at first, then what changes, many
 * changes in one message. What is sent is made once for all clients; without any, nothing is made.
 */
export class LiveStream implements Service {
  readonly name = 'live stream';
  readonly #places: StreamPlaces<LiveClient>;
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #sightings: { camera: string; json: Json }[] = [];
  #isReplaced = false;
  #round: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  /** What was last sent of each camera, without what changes all the time. */
  readonly #seen = new Map<string, string>();

  constructor(private readonly options: LiveStreamOptions) {
    const { maxClients: all = 64, maxClientsEach: each = 16 } = options;
    this.#places = new StreamPlaces('live streams', { all, each });
  }

  get clients(): number {
    return this.#places.size;
  }

  /** Call it once, before the events begin. */
  subscribe(events: EdgeEvents): void {
    const { cameras } = this.options;
    events.on('snapshotRecorded', (snapshot) => {
      cameras.recorded(snapshot);
      this.#change(snapshot.camera);
      if (this.clients === 0) return;
      for (const event of snapshot.events.slice(0, MAX_SIGHTINGS - this.#sightings.length))
        this.#sightings.push({ camera: event.camera, json: JSON.stringify(event) });
    });
    events.on('cameraChanged', ({ id }) => this.#change(id));
    events.on('cameraRemoved', (id) => {
      cameras.remove(id);
      this.#seen.delete(id);
      this.#removed.add(id);
      this.#change(id);
    });
    events.on('camerasReplaced', (configs) => {
      this.#isReplaced = true;
      for (const { id } of configs) this.#removed.delete(id);
      void this.#load(configs.map(({ id }) => id));
    });
  }

  async start(): Promise<void> {
    this.options.onRelayChange?.(() => void this.#lookAround());
    await this.#load(this.options.cameras.ids());
    this.#look = setInterval(() => void this.#lookAround(), this.options.lookMs ?? 10_000).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#look);
    clearTimeout(this.#round);
    this.#places.close();
  }

  /** With `scope`, only these cameras and nothing of the site. Throws `streams_full` or `shutting_down`. */
  open(address: string, scope: readonly string[] | undefined): Readable {
    const { heartbeatMs = 15_000, patienceMs = 60_000, clock } = this.options;
    const client = new LiveClient({
      ...{ scope, heartbeatMs, patienceMs },
      state: async () => JSON.stringify(await this.#state(scope)),
      now: () => toIsoString(clock()),
    });
    this.#places.take(client, address);
    const stream = client.read();
    stream.once('close', () => this.#places.leave(client));
    return stream;
  }

  async #state(scope: readonly string[] | undefined): Promise<LiveState> {
    const { site, cameras, clock } = this.options;
    const of = scope ? { relay: null, health: null } : await this.#site();
    return { at: toIsoString(clock()), site, cameras: cameras.list(scope), ...of };
  }

  async #site(): Promise<{ relay: LiveRelay; health: Health }> {
    const [health, relay] = await Promise.all([this.options.health(), this.options.relay()]);
    const { depth, oldestSeconds } = health.outbox;
    const lastAcknowledgedAt = health.lastSyncAt ?? null;
    return { relay: { ...relay, depth, oldestSeconds, lastAcknowledgedAt }, health };
  }

  async #load(cameras: readonly string[]): Promise<void> {
    try {
      await this.options.cameras.load(cameras);
    } catch (error) {
      this.options.log.warn({ error: messageOf(error) }, 'newest pictures could not be read');
    }
    for (const camera of cameras) this.#change(camera);
  }

  #change(camera: string): void {
    this.#changed.add(camera);
    this.#round ??= setTimeout(() => this.#send(), this.options.roundMs ?? 250).unref();
  }

  /** Sends what changed since the last round. */
  #send(site: Pick<Round, 'relay' | 'health'> = { relay: undefined, health: undefined }): void {
    clearTimeout(this.#round);
    this.#round = undefined;
    const changed = this.clients === 0 ? [] : this.options.cameras.list([...this.#changed]);
    const cameras = new Map(changed.map((camera) => [camera.id, JSON.stringify(camera)]));
    const order = this.#isReplaced ? this.options.cameras.ids() : undefined;
    const round = {
      cameras,
      removed: [...this.#removed],
      order,
      sightings: this.#sightings,
      ...site,
    };
    this.#changed.clear();
    this.#removed.clear();
    this.#sightings = [];
    this.#isReplaced = false;
    for (const client of this.#places.clients()) client.add(round);
  }

  /** Sends the health of the site, and cameras that were tried without a new picture. */
  async #lookAround(): Promise<void> {
    if (this.clients === 0) return;
    try {
      for (const camera of this.options.cameras.list()) {
        const { state, lastError, circuit, nextRunAt, pictureAgeSeconds: age } = camera;
        const seen = JSON.stringify([state, lastError, circuit, nextRunAt, age]);
        if (this.#seen.get(camera.id) !== seen) this.#changed.add(camera.id);
        this.#seen.set(camera.id, seen);
      }
      const { relay, health } = await this.#site();
      this.#send({ relay: JSON.stringify(relay), health: JSON.stringify(health) });
    } catch (error) {
      this.options.log.debug({ error: messageOf(error) }, 'state of the site not sent');
    }
  }
}
