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

/** A broker that is connected may still confirm nothing. */
const TIMEOUT_MS = 30_000;

/** Publishes a message on the topic of its site. It is delivered once the broker has confirmed it. Never rejects. */
export async function sendMqtt(
  way: MqttWay,
  message: NotificationMessage,
  place: MqttPlace | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<Outcome> {
  if (!place)
    return failure(`there is no connection "${way.connection}" to a broker`, {
      advice: 'Configure the broker ("lan" or "mqtt"), or choose the other connection.',
    });
  if (place.sites.length === 0)
    return failure('the message is about no site, and topics are those of sites', {
      scope: 'message',
      advice: 'Send it by e-mail or to a webhook.',
    });
  try {
    for (const site of place.sites)
      await withDeadline(
        place.bus.publish('notification', { site }, { ...message, way: way.id }),
        timeoutMs,
      );
    return { ok: true, answer: 'the broker has confirmed it' };
  } catch (error) {
    return failure(messageOf(error), { advice: 'Check the connection to the broker.' });
  }
}

function withDeadline(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = new Error(`the broker has not confirmed it within ${ms / 1_000} s`);
    const timer = setTimeout(() => reject(late), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
