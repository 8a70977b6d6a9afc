import { encodePayload } from '../../core/contract/topic-payloads.js';
import { filterFor, namesIn, topicFor, topics } from '../../core/contract/topics.js';
import { parseBrokerUrl } from '../../core/messaging/broker-url.js';
import { CONNECT_TIMEOUT_MS, KEEPALIVE_SECONDS } from '../../core/messaging/limit-probe.js';
import { MqttConnection } from '../../core/messaging/mqtt-connection.js';
import { relayConnection } from './relay-connection.js';
import { answerQuestions } from './side-process.js';

export interface IdleQuestion {
  broker: string;
}

export interface IdleReply {
  subscribed: boolean;
}

/** As long as the relay's ingest collects records before it commits them. */
const ACKNOWLEDGE_EVERY_MS = 10;

/**
 * What the broker delivers if nothing is done with it: the relay's connection and subscription, without what the relay
 * does with a record. Each record is confirmed (PUBACK) as the relay confirms it, but at once. Of the records of a site
 * since the last acknowledgement only the newest is looked at, to acknowledge it as a relay would: so the load and the
 * broker have the same traffic.
 */
async function subscribe({ broker }: IdleQuestion): Promise<IdleReply> {
  const { root, shareGroup, ...settings } = relayConnection(broker);
  const newest = new Map<string, Buffer>();
  const connection = MqttConnection.open({
    ...settings,
    address: parseBrokerUrl(broker),
    keepaliveSeconds: KEEPALIVE_SECONDS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onMessage: ({ topic, payload }) => {
      newest.set(topic, payload);
      return { handled: undefined, readOn: undefined };
    },
  });
  await connection.opened;
  await connection.subscribe({ [`$share/${shareGroup}/${filterFor(root, 'up')}`]: { qos: 1 } });
  const acknowledge = (topic: string, record: Buffer): Promise<void> => {
    const names = namesIn(root, 'up', topic);
    if (!names) throw new Error(`no record is expected on ${topic}`);
    const { epoch, seq } = JSON.parse(record.toString()) as { epoch: string; seq: number };
    const payload = encodePayload('ack', { epoch, seq }, names);
    const { qos, retain } = topics.ack;
    return connection.publish({ topic: topicFor(root, 'ack', names), payload, qos, retain });
  };
  setInterval(() => {
    for (const [topic, record] of newest) void acknowledge(topic, record);
    newest.clear();
  }, ACKNOWLEDGE_EVERY_MS);
  return { subscribed: true };
}

answerQuestions(subscribe);
