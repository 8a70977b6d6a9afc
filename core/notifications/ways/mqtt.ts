import type { NotificationMessage } from '../../contract/notification-delivery.js';
import type { MqttWay } from '../../contract/notification-way.js';
import type { MessageBus } from '../../messaging/message-bus.js';
import { messageOf } from '../../runtime/errors.js';
import { failure, type Outcome } from './outcome.js';

/** The connection that a way publishes on, and the site whose topic it is. Undefined if there is none. */
export interface MqttPlace {
  bus: MessageBus;
  sites: readonly string[];
}

/** Publishes a message on the topic of its site. It is delivered once the broker has confirmed it. Never rejects. */
export async function sendMqtt(
  way: MqttWay,
  message: NotificationMessage,
  place: MqttPlace | undefined,
): Promise<Outcome> {
  if (!place)
    return failure(`there is no connection "${way.connection}" to a broker`, {
      advice: 'Configure the broker ("lan" or "mqtt"), or choose the other connection.',
    });
  try {
    for (const site of place.sites)
      await place.bus.publish('notification', { site }, { ...message, way: way.id });
    return { ok: true, answer: 'the broker has confirmed it' };
  } catch (error) {
    return failure(messageOf(error), { advice: 'Check the connection to the broker.' });
  }
}
