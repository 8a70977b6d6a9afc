import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../../core/contract/summary.js';
import { harnessProgram, MortalProcess } from './mortal-process.js';
import {
  copyDatabase,
  lookIntoOutbox,
  type OutboxSeen,
  readColumn,
  removeDatabase,
} from './outbox-file.js';
import { readProduction } from './production-ledger.js';
import type { ApplianceArguments, ApplianceOrder, ApplianceReport } from './protocol.js';

/** What an appliance says of the delivery. */
export type SiteCondition = Extract<ApplianceReport, { kind: 'condition' }>;

/** What a site produced: what must be at the relay, and what may be. */
export interface Produced {
  required: Set<string>;
  allowed: Set<string>;
  /** Those that were set aside: they must not be at the relay, and it must know. */
  refused?: Set<string>;
  /** The summaries as they were committed, as JSON, by their snapshots. */
  contents?: Map<string, string>;
}

/** One appliance and the ledger of what it produced. */
export interface Site {
  /** Its id now. */
  readonly name: string;
  /** All the ids that it had. */
  readonly names: string[];
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
  /** The process that produces nothing more. */
  #resting: ChildProcess | undefined;
  readonly names: string[];

  constructor(
    name: string,
    folder: string,
    /** Where the database is: a disk of its own perhaps. */
    readonly dataFolder: string,
    options: Omit<ApplianceArguments, 'site' | 'database' | 'ledger'>,
  ) {
    this.names = [name];
    mkdirSync(dataFolder, { recursive: true });
    this.database = join(dataFolder, `${name}.db`);
    this.#ledger = join(folder, `${name}.ledger`);
    this.#copy = join(folder, `${name}.copy.db`);
    const args = (): ApplianceArguments => ({
      site: this.name,
      database: this.database,
      ledger: this.#ledger,
      ...options,
    });
    this.process = new MortalProcess(
      harnessProgram(new URL('./appliance-process.js', import.meta.url), args),
      join(folder, `${name}.log`),
    );
  }

  get name(): string {
    return this.names.at(-1) ?? '';
  }

  /** From the next start on, it has another id. */
  rename(name: string): void {
    this.names.push(name);
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
    if (this.#resting === child) return;
    this.order({ kind: 'rest' });
    await this.#reported('resting');
    this.#resting = child;
  }

  /** What the appliance says of the delivery. */
  condition(): Promise<SiteCondition> {
    this.order({ kind: 'report' });
    return this.#reported('condition');
  }

  async #reported<K extends ApplianceReport['kind']>(
    kind: K,
  ): Promise<Extract<ApplianceReport, { kind: K }>> {
    const { child } = this.process;
    if (!child) throw new Error(`${this.name} does not run`);
    for (;;) {
      const [report] = (await once(child, 'message')) as [ApplianceReport];
      if (report.kind === kind) return report as Extract<ApplianceReport, { kind: K }>;
    }
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
    const payloads = readColumn(this.database, 'select payload from produced');
    const contents = new Map(
      payloads.map((payload) => [(JSON.parse(payload) as Summary).snapshot, payload]),
    );
    const refused = new Set(
      readColumn(this.database, `select json_extract(payload, '$.snapshot') from outbox_refused`),
    );
    const required = new Set([...committed, ...contents.keys()]);
    for (const snapshot of refused) required.delete(snapshot);
    return { required, allowed: intended, refused, contents };
  }
}
