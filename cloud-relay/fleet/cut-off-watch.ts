import type { Kysely } from 'kysely';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { credentialTable } from '../store/enrolment-table.js';
import type { RelayTables } from '../store/relay-tables.js';

const EVERY_MS = 500;

/** Closes the connections of sites that a command beside the service has cut off. */
export class CutOffWatch implements Service {
  readonly name = 'cut-off watch';
  #isStopping = false;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly disconnect: (site: string) => void,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.#last = await credentialTable.lastCutOff(this.db);
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #plan(): void {
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#plan());
    }, EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    try {
      for (const { site, cut_off } of await credentialTable.cutOffAfter(this.db, this.#last)) {
        this.#last = Number(cut_off);
        this.disconnect(site);
      }
    } catch (error) {
      this.log.debug({ error: messageOf(error) }, 'cut-off sites cannot be read');
    }
  }
}
