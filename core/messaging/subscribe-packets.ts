import type { EventEmitter } from 'node:events';
import type { Client } from 'aedes';

interface SubscribePacket {
  cmd: string;
  subscriptions?: { qos: number }[];
}

/**
 * Grants QoS 1 to a subscription that asks for 2 (MQTT 3.1.1, section 3.9.3). aedes answers with what was asked for, so
 * the packet is changed before aedes handles it.
 */
export function capSubscriptions(client: Client): void {
  const { _parser: parser } = client as unknown as { _parser: EventEmitter };
  parser.prependListener('packet', ({ cmd, subscriptions = [] }: SubscribePacket) => {
    if (cmd !== 'subscribe') return;
    for (const subscription of subscriptions) if (subscription.qos > 1) subscription.qos = 1;
  });
}
