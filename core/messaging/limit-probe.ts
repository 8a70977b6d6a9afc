import type { BrokerAddress } from './broker-url.js';
import { MqttConnection } from './mqtt-connection.js';
import type { MqttMessageBusOptions } from './mqtt-message-bus-options.js';
import type { PublishGate } from './publish-gate.js';

export const KEEPALIVE_SECONDS = 30;
export const CONNECT_TIMEOUT_MS = 10_000;

/**
 * MQTT 3.1.1 has no way to name the largest packet, MQTT 5 has. After a connection was lost behind a message that may have been
 * too large, a connection of MQTT 5 that publishes nothing asks for it, before the next one is opened.
 */
export class LimitProbe {
  #connection: MqttConnection | undefined;

  constructor(
    private readonly options: MqttMessageBusOptions,
    private readonly gate: PublishGate,
  ) {}

  /** Never rejects. */
  async run(address: BrokerAddress): Promise<void> {
    if (this.options.protocolVersion === 5 || !this.gate.shouldAsk()) return;
    const { clientId, username, password, ca, fingerprint } = this.options;
    this.#connection = MqttConnection.open({
      ...{ address, clientId, username, password, ca, fingerprint },
      protocolVersion: 5,
      receiveMaximum: undefined,
      keepaliveSeconds: this.options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
      connectTimeoutMs: this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      onMessage: () => ({ handled: undefined, readOn: undefined }),
    });
    await this.gate.ask(this.#connection);
    this.#connection = undefined;
  }

  stop(): void {
    this.#connection?.abort({ kind: 'other', text: 'closed by this program' });
  }
}
