import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { harnessProgram, MortalProcess } from './mortal-process.js';
import {
  copyDatabase,
  lookIntoOutbox,
  type OutboxSeen,
  readColumn,
  removeDatabase,
} from './outbox-file.js';
import { readProduction } from './production-ledger.js';
import type { ApplianceArguments, ApplianceOrder } from './protocol.js';

/** What a site produced: what must be at the relay, and what may be. */
export interface Produced {
  required: Set<string>;
  allowed: Set<string>;
}

/** One appliance and the ledger of what it produced. */
export interface Site {
  readonly name: string;
  readonly process: MortalProcess;
  start(): void;
  kill(): Promise<void>;
  /** Produces nothing more; resolves once the last summary is committed. */
  rest(): Promise<void>;
  outbox(): OutboxSeen | undefined;
  produced(): Produced;
}

/** A site whose summaries are made up, with the appliance's own outbox, uplink and MQTT client. */
export class SyntheticSite implements Site {
  readonly process: MortalProcess;
  readonly database: string;
  readonly #ledger: string;
  readonly #copy: string;

  constructor(
    readonly name: string,
    folder: string,
    /** Where the database is: a disk of its own perhaps. */
    readonly dataFolder: string,
    options: Omit<ApplianceArguments, 'site' | 'database' | 'ledger'>,
  ) {
    mkdirSync(dataFolder, { recursive: true });
    this.database = join(dataFolder, `${name}.db`);
    this.#ledger = join(folder, `${name}.ledger`);
    this.#copy = join(folder, `${name}.copy.db`);
    const args = (): ApplianceArguments => ({
      site: name,
      database: this.database,
      ledger: this.#ledger,
      ...options,
    });
    this.process = new MortalProcess(
      harnessProgram(new URL('./appliance-process.js', import.meta.url), args),
      join(folder, `${name}.log`),
    );
  }

  start(): void {
    this.process.start();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  order(order: ApplianceOrder): void {
    this.process.child?.send(order);
  }

  async rest(): Promise<void> {
    const { child } = this.process;
    if (!child || !this.process.isRunning) throw new Error(`${this.name} does not run`);
    const resting = once(child, 'message');
    this.order({ kind: 'rest' });
    await resting;
  }

  outbox(): OutboxSeen | undefined {
    return lookIntoOutbox(this.database);
  }

  copy(): Promise<void> {
    return copyDatabase(this.database, this.#copy);
  }

  /** Puts the copy in the place of the database while the appliance is stopped, as docs/operations.md tells to. */
  putBack(): void {
    if (!existsSync(this.#copy)) throw new Error('there is no copy');
    removeDatabase(this.database);
    renameSync(this.#copy, this.database);
  }

  produced(): Produced {
    const { intended, committed } = readProduction(this.#ledger);
    const kept = readColumn(this.database, 'select snapshot from produced');
    return { required: new Set([...committed, ...kept]), allowed: intended };
  }
}
