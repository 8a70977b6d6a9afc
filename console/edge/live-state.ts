import { type Signal, signal } from '@preact/signals';
import type { LiveCamera, LiveChanges, LiveRelay, LiveState } from '../../core/contract/live.js';
import type { Health } from '../../core/contract/live-payloads.js';
import type { SightingEvent } from '../../core/contract/sighting.js';
import { apiUrl } from '../shared/api.js';
import { EventConnection } from '../shared/event-source.js';
import { findCaller, logIns } from '../shared/session.js';

/** How many of the newest events of sightings are kept. */
const MOST_EVENTS = 100;

/** What the appliance reports while it happens; `undefined` until it has reported for the first time. */
export const live = {
  site: signal<string | undefined>(undefined),
  /** In the order of the configuration. */
  cameras: signal<readonly LiveCamera[] | undefined>(undefined),
  relay: signal<LiveRelay | null | undefined>(undefined),
  health: signal<Health | null | undefined>(undefined),
  /** Objects that appeared or left since the page was opened, oldest first. */
  events: signal<readonly SightingEvent[]>([]),
  /** Rises when events were missed: lists of sightings have to be asked for again. */
  missed: signal(0),
  /** The clock of the appliance less that of this device, in milliseconds. */
  clockDifference: signal(0),
};

const setIfGiven = <T>(place: Signal<T>, value: T | undefined) => {
  if (value !== undefined) place.value = value;
};

function takeState(state: LiveState): void {
  const isReturn = live.cameras.value !== undefined;
  live.clockDifference.value = Date.parse(state.at) - Date.now();
  live.site.value = state.site;
  live.cameras.value = state.cameras;
  live.relay.value = state.relay;
  live.health.value = state.health;
  if (isReturn) live.missed.value += 1;
}

function takeChanges(changes: LiveChanges): void {
  live.clockDifference.value = Date.parse(changes.at) - Date.now();
  const cameras = live.cameras.value;
  if (cameras && (changes.cameras || changes.removed || changes.order))
    live.cameras.value = changedCameras(cameras, changes);
  setIfGiven(live.relay, changes.relay);
  setIfGiven(live.health, changes.health);
  if (changes.sightings)
    live.events.value = [...live.events.value, ...changes.sightings].slice(-MOST_EVENTS);
  if (changes.missed !== undefined) live.missed.value += 1;
}

function changedCameras(
  before: readonly LiveCamera[],
  { cameras = [], removed = [], order }: LiveChanges,
): LiveCamera[] {
  const all = new Map([...before, ...cameras].map((camera) => [camera.id, camera]));
  for (const id of removed) all.delete(id);
  if (order === undefined) return [...all.values()];
  return order.flatMap((id) => all.get(id) ?? []);
}

/** One connection for all views. */
export const connection = new EventConnection(apiUrl('/live'), {
  state: (data) => takeState(data as LiveState),
  changes: (data) => takeChanges(data as LiveChanges),
});

// Somebody who logs in again does not wait for the next try.
logIns.subscribe((times) => {
  if (times > 0 && connection.state.value === 'lost') connection.start();
});

// A stream does not report why it was refused: a session that has ended shows the login.
connection.lostSince.subscribe((since) => {
  if (since !== undefined) findCaller().catch(() => undefined);
});
