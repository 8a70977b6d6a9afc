import type { ExecutionContext } from 'ava';
import {
  MqttMessageBus,
  type MqttMessageBusOptions,
} from '../../core/messaging/mqtt-message-bus.js';
import { log, ROOT } from './delivery-fixtures.js';
import { eventually } from './eventually.js';

let clients = 0;

/** A bus that is not started yet: what subscribes first misses nothing. */
export function createBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): MqttMessageBus {
  const bus = new MqttMessageBus(
    {
      url,
      root: ROOT,
      clientId: `test-${++clients}`,
      backoff: { minMs: 20, maxMs: 200 },
      ...options,
    },
    log,
  );
  t.teardown(() => bus.stop());
  return bus;
}

/** A bus that is started but perhaps not connected yet. */
export async function startBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): Promise<MqttMessageBus> {
  const bus = createBus(t, url, options);
  await bus.start();
  return bus;
}

export async function connectedBus(
  t: ExecutionContext,
  url: string,
  options: Partial<MqttMessageBusOptions> = {},
): Promise<MqttMessageBus> {
  const bus = await startBus(t, url, options);
  await eventually(() => bus.connected);
  return bus;
}
