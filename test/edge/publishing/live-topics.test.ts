import test from 'ava';
import type { Payload } from '../../../core/contract/topics.js';
import type { MessageBus } from '../../../core/messaging/message-bus.js';
import type { CameraStatus } from '../../../edge/cameras/camera-status.js';
import { LiveTopics } from '../../../edge/publishing/live-topics.js';
import { log } from '../../support/delivery-fixtures.js';

/** A bus that is connected, and keeps the text payloads that are published. */
function recordingBus() {
  const published: string[] = [];
  const bus: MessageBus = {
    connected: true,
    maxPayloadBytes: () => Number.POSITIVE_INFINITY,
    shortened: () => undefined,
    undelivered: () => undefined,
    publish: async (topic, names, payload) => {
      if (typeof payload === 'string')
        published.push([topic, ...Object.values(names), payload].join(' '));
    },
    clear: async () => undefined,
    subscribe: () => undefined,
    onConnect: () => () => undefined,
    onDisconnect: () => () => undefined,
    status: () => ({
      connected: true,
      since: 0,
      lastError: undefined,
      reconnects: 0,
      inFlight: 0,
      invalid: 0,
      problems: [],
    }),
  };
  return { bus, published };
}

const status = (id: string, state: 'online' | 'offline') =>
  ({ id, state, lastError: null, lastSnapshotAt: null }) as CameraStatus;

test('the availability of the site and its cameras is repeated each minute, since a broker may lose it without a word', async (t) => {
  const { bus, published } = recordingBus();
  const health = () => Promise.reject(new Error('not asked'));
  const live = new LiveTopics({ site: 'north', bus, health, cameras: () => [], log });
  live.cameraChanged(status('gate', 'online'));
  live.cameraChanged(status('yard', 'offline'));
  published.length = 0;
  await live.publishAll().catch(() => undefined);
  t.deepEqual(published, [
    'siteAvailability north online',
    'cameraAvailability north gate online',
    'cameraAvailability north yard offline',
  ]);
});

test('after the farewell of an appliance that stops, nothing says that it is online', async (t) => {
  const { bus, published } = recordingBus();
  const health = () => Promise.reject(new Error('not asked'));
  const live = new LiveTopics({ site: 'north', bus, health, cameras: () => [], log });
  live.cameraChanged(status('gate', 'online'));
  await live.farewell();
  published.length = 0;
  await live.publishAll().catch(() => undefined);
  t.deepEqual(published, ['cameraAvailability north gate offline']);
});

test('the address of the last stored picture is published as it changes and on a connection, and never as null', async (t) => {
  const { bus, published } = recordingBus();
  const health = () => Promise.reject(new Error('not asked'));
  const known = { site: 'north', bus, health, cameras: () => [], log };
  const live = new LiveTopics({ ...known, pictures: true });
  const state = (url: string | null) => ({ url }) as Payload<'cameraState'>;
  live.stateChanged('gate', state(null));
  live.stateChanged('gate', state('http://192.0.2.7/a'));
  live.stateChanged('gate', state(null));
  t.deepEqual(published, ['picture north gate http://192.0.2.7/a']);
  published.length = 0;
  await live.publishAll().catch(() => undefined);
  t.deepEqual(published, [
    'picture north gate http://192.0.2.7/a',
    'siteAvailability north online',
  ]);
  const without = new LiveTopics(known);
  published.length = 0;
  without.stateChanged('gate', state('http://192.0.2.7/b'));
  t.deepEqual(published, []);
});
