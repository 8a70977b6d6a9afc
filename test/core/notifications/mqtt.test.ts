import test from 'ava';
import { completeWaySchema, type MqttWay } from '../../../core/contract/notification-way.js';
import type { MessageBus } from '../../../core/messaging/message-bus.js';
import { sendMqtt } from '../../../core/notifications/ways/mqtt.js';
import { aMessage } from '../../support/notification-fixtures.js';

const way = completeWaySchema.parse({
  ...{ id: 'broker', kind: 'mqtt', connection: 'relay' },
}) as MqttWay;

const busOf = (publish: () => Promise<void>) => ({ publish }) as unknown as MessageBus;

test('a message that is about no site is not reported as delivered', async (t) => {
  let published = 0;
  const bus = busOf(async () => {
    published += 1;
  });
  const outcome = await sendMqtt(way, aMessage(), { bus, sites: [] });
  t.like(outcome, { ok: false, scope: 'message' });
  t.regex((!outcome.ok && outcome.advice) || '', /e-mail or to a webhook/);
  t.is(published, 0);
  t.true((await sendMqtt(way, aMessage(), { bus, sites: ['north', 'south'] })).ok);
  t.is(published, 2);
});

test('a broker that never confirms does not hold up the messages that follow', async (t) => {
  const bus = busOf(() => new Promise(() => undefined));
  const outcome = await sendMqtt(way, aMessage(), { bus, sites: ['north'] }, 50);
  t.like(outcome, { ok: false, scope: 'way' });
  t.regex(outcome.answer, /has not confirmed it within 0.05 s/);
});
