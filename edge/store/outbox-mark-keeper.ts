import type { Kysely } from 'kysely';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox } from './outbox.js';
import { continueAtMark, OutboxMark } from './outbox-mark.js';
import type { OutboxTables } from './outbox-tables.js';

const EVERY_MS = 60_000;

/** Compares the outbox with its mark when the process starts, and keeps the mark up to date. */
export class OutboxMarkKeeper implements Service {
  readonly name = 'outbox mark';
  readonly #mark: OutboxMark;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Kysely<OutboxTables>,
    private readonly outbox: Pick<Outbox, 'state'>,
    databaseFile: string,
    private readonly log: Logger,
  ) {
    this.#mark = new OutboxMark(databaseFile);
  }

  /** Must come before the outbox begins. */
  async start(): Promise<void> {
    const mark = this.#mark.read();
    const missing = mark
      ? await this.db.transaction().execute((trx) => continueAtMark(trx, mark))
      : 0;
    if (missing > 0)
      this.log.warn(
        { summaries: missing },
        'the database is older than its outbox was; the relay is told that summaries are lost',
      );
    await this.#write();
    this.#timer = setInterval(() => void this.#write(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  async #write(): Promise<void> {
    try {
      this.#mark.write(await this.outbox.state());
    } catch (error) {
      this.log.debug({ error: messageOf(error) }, 'the mark of the outbox cannot be written');
    }
  }
}
