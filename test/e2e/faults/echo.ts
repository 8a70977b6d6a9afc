import { connect, type MqttClient } from 'mqtt';
import type { Random } from '../../support/random.js';

const MOST_KEPT = 2_000;

interface Heard {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

/** A client that publishes again what it saw on a site's topics: at once, late and out of order. */
export class Echo {
  readonly #heard: Heard[] = [];
  #client: MqttClient | undefined;
  repeated = 0;

  constructor(
    private readonly port: number,
    private readonly random: Random,
  ) {}

  async start(): Promise<void> {
    const client = connect({ port: this.port, host: '127.0.0.1', protocolVersion: 5 });
    this.#client = client;
    client.on('message', (topic, payload) => {
      // An acknowledgement is retained by the broker, and so is an old one that comes again.
      const heard = { topic, payload, retain: topic.endsWith('/ack') };
      if (this.#heard.length < MOST_KEPT) this.#heard.push(heard);
      if (this.random.next() < 0.5) this.#repeat(heard);
    });
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    // Not what it publishes by itself.
    await client.subscribeAsync(['siteglass/+/up', 'siteglass/+/ack'], { qos: 1, nl: true });
  }

  /** Everything once more, in an order of its own. */
  repeatAll(): void {
    const left = [...this.#heard];
    while (left.length > 0)
      for (const heard of left.splice(this.random.integer(0, left.length - 1), 1))
        this.#repeat(heard);
  }

  async stop(): Promise<void> {
    await this.#client?.endAsync();
  }

  #repeat({ topic, payload, retain }: Heard): void {
    this.repeated++;
    this.#client?.publish(topic, payload, { qos: 1, retain });
  }
}
