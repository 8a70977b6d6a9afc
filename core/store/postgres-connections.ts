import { Socket } from 'node:net';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { DatabaseUnavailableError, fromPostgres } from './database-unavailable.js';

const CONNECT_MS = 5_000;
/** An idle connection whose server is gone is noticed after 10 probes of a second each. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface ConnectionLimits {
  /** Most connections of one process. */
  connections: number;
  /** The server cancels a statement that takes longer. */
  statementMs: number;
  /** The server cancels a statement that waits longer for a lock. */
  lockMs: number;
  /** The server ends a connection whose transaction waits longer for its client, and frees its locks. */
  idleInTransactionMs: number;
  /** Longer than `statementMs`: a statement without an answer by then has lost its server. */
  answerMs: number;
}

/**
 * A pool of connections on which nothing waits without end. The server cancels what takes too long; a connection that
 * does not answer at all is closed, and with it the idle ones of the same age, since they probably lost the same server.
 */
export class PostgresConnections implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #sockets = new Set<Socket>();
  /** Each known connection, with the number of silences before it was made. */
  readonly #madeAfter = new WeakMap<pg.PoolClient, number>();
  #silences = 0;

  /** `onError` is called for each connection that breaks. */
  constructor(
    config: pg.PoolConfig,
    private readonly limits: ConnectionLimits,
    onError: (error: Error) => void,
  ) {
    this.#pool = new pg.Pool({
      ...config,
      max: limits.connections,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      stream: () => this.#newSocket(),
    });
    // Without a listener an error would end the process. The pool listens to idle connections alone; this one also
    // hears of those that are in use.
    this.#pool.on('connect', (client) => client.on('error', onError));
    this.#pool.on('error', () => undefined);
  }

  /** Throws `DatabaseUnavailableError`. */
  async connect(): Promise<PostgresPoolClient> {
    for (;;) {
      const client = await this.#pool.connect().catch((error: unknown) => {
        throw fromPostgres(error) ?? error;
      });
      const madeAfter = this.#madeAfter.get(client);
      if (madeAfter !== undefined && madeAfter < this.#silences) {
        client.release(true);
        continue;
      }
      const connection = new GuardedConnection(client, this.limits.answerMs, () => {
        this.#silences++;
      });
      if (madeAfter === undefined) await this.#prepare(client, connection);
      return connection;
    }
  }

  /** Also closes connections whose server does not answer. */
  async end(): Promise<void> {
    await this.#pool.end();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As statements: a connection pooler in between refuses most parameters of the start packet. */
  async #prepare(client: pg.PoolClient, connection: GuardedConnection): Promise<void> {
    const { statementMs, lockMs, idleInTransactionMs } = this.limits;
    this.#madeAfter.set(client, this.#silences);
    try {
      await connection.query(
        `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
          set_config('idle_in_transaction_session_timeout', $3, false)`,
        [statementMs, lockMs, idleInTransactionMs].map(String),
      );
    } catch (error) {
      connection.release();
      throw error;
    }
  }

  #newSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    return socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** A connection in use. After a failure of the connection itself, every further statement fails for the same reason. */
class GuardedConnection implements PostgresPoolClient {
  #broken: DatabaseUnavailableError | undefined;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly answerMs: number,
    private readonly onSilence: () => void,
  ) {}

  // The interface has a second form, for cursors, which no query here uses.
  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query(): never;
  async query<R>(
    text?: string,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> {
    if (this.#broken) throw this.#broken;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#silent()), this.answerMs);
    });
    try {
      const answer = this.client.query(text ?? '', [...parameters]);
      return (await Promise.race([answer, silence])) as PostgresQueryResult<R>;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives the connection back, or closes it if it is broken. */
  release(): void {
    this.client.release(this.#broken);
  }

  #silent(): DatabaseUnavailableError {
    this.onSilence();
    const seconds = Math.round(this.answerMs / 1_000);
    this.#broken = new DatabaseUnavailableError('away', `no answer within ${seconds} s`);
    return this.#broken;
  }

  #failed(error: unknown): unknown {
    if (error instanceof DatabaseUnavailableError) return error;
    const unavailable = fromPostgres(error);
    if (unavailable?.kind === 'away') this.#broken = unavailable;
    return unavailable ?? error;
  }
}
