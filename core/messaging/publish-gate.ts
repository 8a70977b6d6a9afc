import { namesIn, type TopicName, topics } from '../contract/topics.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { EndKind } from './connection-end.js';
import { type ConnectionEnd, CutOffs, type Withheld } from './cut-offs.js';
import { MessagingError } from './message-bus.js';
import type { MqttConnection } from './mqtt-connection.js';
import type { OutgoingMessage } from './mqtt-message.js';
import type { LargestPacket } from './packet-limit.js';
import { payloadBytesIn, publishBytes } from './packet-size.js';
import type { SentPacket } from './unanswered.js';

const LOG_EVERY_MS = 3_600_000;
const CLOSE_MS = 1_000;
/** Topics that may be left out. Not summaries, their acknowledgements, and whether a site is online. */
const LESS_IMPORTANT = (Object.keys(topics) as TopicName[]).filter(
  (name) => !['up', 'ack', 'siteAvailability'].includes(name),
);
/** A dead link is blamed on packets from this size on, since a slow one may need too long for them. */
const SLOW_BYTES = 32 * 1_024;

/** Decides for each publication whether the broker would accept it, from what it said and from how connections ended. */
export class PublishGate {
  readonly #cutOffs: CutOffs;
  readonly #logged = new LogThrottle(LOG_EVERY_MS);

  constructor(
    root: string,
    private readonly log: Logger,
  ) {
    this.#cutOffs = new CutOffs((topic) =>
      LESS_IMPORTANT.find((name) => namesIn(root, name, topic)),
    );
  }

  /** As far as it is known. */
  get largest(): LargestPacket | undefined {
    return this.#cutOffs.limit.largest;
  }

  withheld(): Withheld[] {
    return this.#cutOffs.withheld();
  }

  /** Infinity if no limit is known. */
  maxPayloadBytes(topic: string): number {
    return payloadBytesIn(this.#cutOffs.sizeNow(), topic);
  }

  /** See `MessageBus.shortened`. */
  shortened(topic: string, payloadBytes: number): void {
    this.#cutOffs.shortened({ topic, bytes: publishBytes(topic, payloadBytes, 5) });
  }

  /** See `MessageBus.undelivered`. */
  undelivered(topic: string, payloadBytes: number): void {
    const bytes = publishBytes(topic, payloadBytes, 5);
    this.#cutOffs.undelivered(bytes);
    this.log.warn(
      { topic, bytes, limit: this.largest?.bytes },
      'broker confirms a message, but does not deliver it; it may be too large',
    );
  }

  /** Throws if the message is not to be sent. Returns whether it is to be sent alone. */
  admit({ topic, payload }: OutgoingMessage): boolean {
    const packet = { topic, bytes: publishBytes(topic, Buffer.byteLength(payload), 5) };
    const because = this.#cutOffs.refusalOf(packet);
    if (!because) return this.#cutOffs.isSuspicious(packet);
    const { bytes } = packet;
    if (this.#logged.isDue(topic))
      this.log.warn(
        { topic, bytes, limit: this.largest?.bytes },
        because === 'too_large'
          ? 'message not sent: the broker does not accept packets of its size'
          : 'message not sent: the broker ends the connection after messages on its topic',
      );
    throw because === 'too_large'
      ? new MessagingError(
          'payload_too_large',
          `the broker does not accept a packet of ${bytes} bytes (${topic})`,
        )
      : new MessagingError(
          'topic_refused',
          `the broker ends the connection after messages on ${topic}`,
        );
  }

  read(packets: SentPacket[]): void {
    this.#cutOffs.read(packets);
  }

  /** What a broker that speaks MQTT 5 says in CONNACK. */
  announced(maxPacketBytes: number | undefined): void {
    this.#cutOffs.announced(maxPacketBytes ?? 'none');
  }

  shouldAsk(): boolean {
    return this.#cutOffs.shouldAsk();
  }

  /** Learns the limit from a connection of MQTT 5, and closes it. Never rejects. */
  async ask(connection: MqttConnection): Promise<void> {
    const isOpen = await Promise.race([
      connection.opened.then(() => true),
      connection.ended.then(() => false),
    ]);
    this.#cutOffs.announced(isOpen ? (connection.maxPacketBytes ?? 'none') : undefined);
    if (isOpen) await connection.close(CLOSE_MS);
    const { largest } = this;
    if (largest?.isAnnounced)
      this.log.info({ limit: largest.bytes }, 'broker names a packet limit');
  }

  /** A connection has ended. Returns why, if it was because of a publication. */
  ended({ unanswered, reason }: MqttConnection): string | undefined {
    const culprit = this.#cutOffs.ended({ unanswered, kind: kindOf(reason.kind, unanswered) });
    if (!culprit) return undefined;
    const { topic, bytes } = culprit;
    this.log.warn(
      { topic, bytes, limit: this.largest?.bytes },
      'broker ended the connection after a message; it is not sent again for some time',
    );
    return `the broker ended the connection after a message of ${bytes} bytes on ${topic}`;
  }
}

function kindOf(kind: EndKind, unanswered: SentPacket[]): ConnectionEnd['kind'] {
  if (kind === 'too_large') return 'too_large';
  const mayBeSlow = kind === 'silent' && unanswered.some(({ bytes }) => bytes >= SLOW_BYTES);
  return kind === 'cut' || mayBeSlow ? 'unexplained' : 'other';
}
