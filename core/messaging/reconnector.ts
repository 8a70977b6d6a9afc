import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { siteClientId } from './access-rules.js';
import { type BackoffRange, backoffMs } from './backoff.js';
import type { BrokerAddress } from './broker-url.js';
import type { ConnectionReason } from './connection-end.js';
import { MessagingError } from './message-bus.js';
import type { MqttConnection } from './mqtt-connection.js';
import { SAME_ID, ShortConnections } from './short-connections.js';

export interface ReconnectorOptions {
  clientId: string;
  backoff?: BackoffRange | undefined;
  /** Called before each connection. Must not reject. */
  prepare(address: BrokerAddress): Promise<void>;
  /** Opens one connection, which the broker has not accepted yet. */
  connect(address: BrokerAddress): MqttConnection;
  /** The broker has accepted the connection. If this rejects, the connection is closed and another one opened. */
  onAccepted(connection: MqttConnection, address: BrokerAddress): Promise<void>;
  /** Returns why the connection ended, if more is known of it than the reason that it has. */
  onEnded(connection: MqttConnection): string | undefined;
  /** Whether a second program with the same client id is connected in turn; undefined if that cannot be known. */
  hasTwin(): boolean | undefined;
}

/** After a connection of this length the delays start again with the shortest one. */
const STABLE_MS = 10_000;
/** After a connection of this length no other client can have the same id. */
const CLEARED_MS = 60_000;
const CLOSE_MS = 1_000;

interface Ended {
  wasAccepted: boolean;
  text: string;
}

/** Keeps a bus connected: opens one connection after the other, with growing delays between them, until stopped. */
export class Reconnector {
  readonly #stopping = new AbortController();
  readonly #shortConnections = new ShortConnections();
  #running: Promise<void> = Promise.resolve();
  #lastError: string | undefined;

  constructor(
    private readonly options: ReconnectorOptions,
    private readonly log: Logger,
  ) {}

  start(address: BrokerAddress): void {
    this.#running = this.#run(address);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Why the last connection ended; `connectedMs` is the age of the present one, 0 if there is none. */
  lastError(connectedMs: number): string | undefined {
    const isCleared = connectedMs > CLEARED_MS && this.#lastError?.includes(SAME_ID);
    return isCleared ? undefined : this.#lastError;
  }

  async #run(address: BrokerAddress): Promise<void> {
    const { signal } = this.#stopping;
    const range = this.options.backoff ?? { minMs: 1_000, maxMs: 60_000 };
    let attempt = 0;
    while (!signal.aborted) {
      const began = performance.now();
      await this.options.prepare(address);
      if (signal.aborted) return;
      const { wasAccepted, text } = await this.#connectOnce(address);
      if (signal.aborted) return;
      if (performance.now() - began > STABLE_MS) attempt = 0;
      const delayMs = Math.round(backoffMs(attempt++, range));
      this.#lastError = text;
      const seconds = Math.round(delayMs / 100) / 10;
      this.log.warn(
        { broker: address.label, error: text, delayMs },
        wasAccepted
          ? `broker connection lost; retrying in ${seconds} s`
          : `broker connection failed; retrying in ${seconds} s`,
      );
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One connection, from its attempt to its end; resolves with the reason for the end. */
  async #connectOnce(address: BrokerAddress): Promise<Ended> {
    const { connect, onAccepted, onEnded } = this.options;
    const connection = connect(address);
    const close = () => void connection.close(CLOSE_MS);
    this.#stopping.signal.addEventListener('abort', close, { once: true });
    let refusal: Error | undefined;
    let openedAt: number | undefined;
    connection.opened
      .then(() => {
        openedAt = performance.now();
        return onAccepted(connection, address);
      })
      .catch((error: Error) => {
        refusal = error;
        close();
      });
    await connection.ended;
    this.#stopping.signal.removeEventListener('abort', close);
    const explanation = onEnded(connection);
    const wasAccepted = openedAt !== undefined;
    // The end of the connection also fails what was being prepared on it.
    if (refusal && !(refusal instanceof MessagingError && refusal.code === 'not_connected'))
      return { wasAccepted, text: messageOf(refusal) };
    if (explanation) return { wasAccepted, text: explanation };
    return { wasAccepted, text: this.#textOf(connection.reason, openedAt) };
  }

  #textOf({ kind, text }: ConnectionReason, openedAt: number | undefined): string {
    if (kind === 'taken_over') return `${text}: ${this.#sameId()}`;
    if (kind !== 'cut' || openedAt === undefined) return text;
    if (!this.#shortConnections.ended(openedAt, performance.now())) return text;
    const hasTwin = this.options.hasTwin();
    if (hasTwin) return `the broker closes each connection immediately: ${this.#sameId()}`;
    if (hasTwin === undefined)
      return `each connection ends soon after it began: the network is unstable, or ${this.#sameId()}`;
    return `each connection ends soon after it began, and no other client uses its topics: ${text}`;
  }

  #sameId(): string {
    const { clientId } = this.options;
    const id = clientId.startsWith(siteClientId('')) ? 'site id' : 'client id';
    return `${SAME_ID} ${id} (${clientId})`;
  }
}
