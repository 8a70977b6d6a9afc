import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';

/** Statements in a row for so long, then whatever else the process has to do. */
const TURN_MS = 10;

/**
 * Lets the process do other things between the statements of an SQLite database. They run synchronously, and what
 * awaits them goes on at once: a loop of many statements would keep timers and sockets waiting until its end.
 */
export class Pace {
  #usedMs = 0;
  #isCounting = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  connection(connection: DatabaseConnection): DatabaseConnection {
    return {
      executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
        if (this.#usedMs >= TURN_MS) await new Promise((resolve) => setImmediate(resolve));
        const startedAt = this.now();
        try {
          return await connection.executeQuery<R>(query);
        } finally {
          this.#add(this.now() - startedAt);
        }
      },
      streamQuery: (query, size) => connection.streamQuery(query, size),
    };
  }

  #add(ms: number): void {
    this.#usedMs += ms;
    if (this.#isCounting) return;
    this.#isCounting = true;
    setImmediate(() => {
      this.#isCounting = false;
      this.#usedMs = 0;
    });
  }
}
