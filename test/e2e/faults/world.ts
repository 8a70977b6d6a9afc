import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.js';
import { canMount, SmallDisk } from '../../support/small-disk.js';
import { Broker } from './broker.js';
import { Link } from './link.js';
import type { MortalProcess } from './mortal-process.js';
import { copyDatabase, readColumn, removeDatabase } from './outbox-file.js';
import { ProgramSite } from './program-site.js';
import type { ConnectionArguments, RelayArguments } from './protocol.js';
import { ingestRelay, wholeRelay, wholeRelayDatabase } from './relay.js';
import type { Needs } from './scenario.js';
import { type Site, type SiteCondition, SyntheticSite } from './site.js';

/** Quick shortens the waiting, for every run of the tests; full takes the times that the product has by itself. */
export type Pace = 'quick' | 'full';

export interface WorldOptions {
  /** For databases, ledgers and logs. */
  folder: string;
  seed: number;
  pace: Pace;
  /** Resolves with the URL of an empty PostgreSQL database. */
  newDatabase: () => Promise<string>;
}

export const RELAY_ACCOUNT = { username: 'relay', password: 'relays-secret' };
const HURRY = {
  backoff: { minMs: 50, maxMs: 500 },
  keepaliveSeconds: 2,
  connectTimeoutMs: 1_500,
};
const HURRIED_STALL_MS = 500;
const HURRIED_SILENCE_MS = 1_500;
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 50;

/** Sites, a link, a broker, relays and their database, all of them real and each a process of its own. */
export class World {
  readonly random: Random;
  readonly link: Link;
  sites: Site[] = [];
  relays: MortalProcess[] = [];
  /** Of the relays. */
  database = '';
  /** The next relay that starts dies so. */
  death: RelayArguments['death'];
  disk: SmallDisk | undefined;

  private constructor(
    private readonly needs: Needs,
    private readonly options: WorldOptions,
    readonly broker: Broker,
  ) {
    this.random = new Random(options.seed);
    this.link = new Link(broker.port);
  }

  static async create(needs: Needs, options: WorldOptions): Promise<World> {
    // What an earlier run with the same seed left is none of this one's.
    rmSync(options.folder, { recursive: true, force: true });
    mkdirSync(options.folder, { recursive: true });
    const broker = await Broker.create(options.folder, { accounts: needs.accounts === true });
    return new World(needs, options, broker);
  }

  async start(): Promise<void> {
    const { accounts, sharedRelays = 0 } = this.needs;
    await this.link.open();
    if (accounts) this.broker.admit(RELAY_ACCOUNT.username, RELAY_ACCOUNT.password);
    await this.broker.start();
    if (sharedRelays > 0) this.database = await this.options.newDatabase();
    this.relays = this.#makeRelays();
    for (const relay of this.relays) relay.start();
    this.sites = this.#makeSites();
    for (const site of this.sites) site.start();
  }

  async stop(): Promise<void> {
    for (const { process } of this.sites) await process.kill();
    for (const relay of this.relays) await relay.kill();
    await this.broker.kill();
    await this.link.close();
    this.disk?.unmount();
  }

  /** The first site, of those whose summaries are made up. */
  get site(): SyntheticSite {
    const [site] = this.sites;
    if (!(site instanceof SyntheticSite)) throw new Error('the site is a whole program');
    return site;
  }

  get relay(): MortalProcess {
    const [relay] = this.relays;
    if (!relay) throw new Error('there is no relay');
    return relay;
  }

  /** Waits about as long as the pace asks for; how long exactly, the seed decides. */
  pause(quickMs: number, fullMs: number): Promise<void> {
    const ms = this.options.pace === 'quick' ? quickMs : fullMs;
    return sleep(this.random.between(0.7, 1.3) * ms);
  }

  /** How often something is repeated. */
  rounds(quick: number, full: number): number {
    return this.options.pace === 'quick' ? quick : full;
  }

  /** Waits until so many summaries more of every site are acknowledged. */
  async delivered(more: number): Promise<void> {
    const goals = this.sites.map((site) => (site.outbox()?.ackedSeq ?? 0) + more);
    await this.until('summaries are acknowledged', () =>
      this.sites.every((site, i) => (site.outbox()?.ackedSeq ?? 0) >= (goals[i] ?? 0)),
    );
  }

  /** Waits until everything that was produced is acknowledged, while nothing more is. Resolves with the seconds it took. */
  async drain(): Promise<number> {
    await Promise.all(this.sites.map((site) => site.rest()));
    const from = performance.now();
    await this.drained();
    return (performance.now() - from) / 1_000;
  }

  drained(): Promise<void> {
    return this.until('the outboxes are empty', () =>
      this.sites.every((site) => {
        const outbox = site.outbox();
        return outbox && outbox.ackedSeq === outbox.lastSeq && outbox.waiting === 0;
      }),
    );
  }

  /** Waits until a relay that forgot has all summaries again. `drained` holds until the appliance learns of the loss. */
  regained(): Promise<void> {
    const { size } = this.site.produced().required;
    return this.until('the relay has everything again', () => {
      const [summaries] = readColumn(this.database, 'select count(*) from summary');
      return Number(summaries) >= size;
    });
  }

  /** Waits until the first site's appliance says something of the delivery. */
  async says(what: string, holds: (condition: SiteCondition) => boolean): Promise<void> {
    const patience = performance.now() + this.#patienceMs;
    for (;;) {
      const condition = await this.site.condition();
      if (holds(condition)) return;
      if (performance.now() > patience)
        throw new Error(`not in time: ${what}; it says ${JSON.stringify(condition)}`);
      await sleep(LOOK_EVERY_MS * 4);
    }
  }

  /** A consistent copy of the relays' database, while none runs; the last one can be put back. */
  async copyRelayDatabase(): Promise<void> {
    await copyDatabase(this.database, `${this.database}.copy`);
  }

  putRelayDatabaseBack(): void {
    removeDatabase(this.database);
    renameSync(`${this.database}.copy`, this.database);
  }

  /** Waits until a process has ended by itself. */
  ended(process: MortalProcess): Promise<void> {
    return this.until('a process ends by itself', () => !process.isRunning);
  }

  /** As few pages as the database has, where there is no disk to fill. */
  fillDisk(): void {
    if (this.disk) this.disk.fill();
    else this.site.order({ kind: 'pages', limit: 1 });
  }

  freeDisk(): void {
    if (this.disk) this.disk.free();
    else this.site.order({ kind: 'pages', limit: 1_000_000 });
  }

  /** Looks again and again. Rejects when patience is at its end. */
  async until(what: string, holds: () => boolean | undefined): Promise<void> {
    const patience = performance.now() + this.#patienceMs;
    while (!holds()) {
      if (performance.now() > patience) throw new Error(`not in time: ${what}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  #makeRelays(): MortalProcess[] {
    const { folder } = this.options;
    const { whole, accounts, sharedRelays = 0 } = this.needs;
    const url = `mqtt://127.0.0.1:${this.broker.port}`;
    const names = Array.from({ length: Math.max(1, sharedRelays) }, (_, i) => `relay-${i + 1}`);
    if (whole) {
      this.database ||= wholeRelayDatabase(folder, 'relay-1');
      return names.map((name) => wholeRelay(folder, name, { url, database: this.database }));
    }
    this.database ||= join(folder, 'relay.db');
    const args = (): RelayArguments => ({
      url,
      ...(accounts && RELAY_ACCOUNT),
      hurry: this.#hurry,
      database: this.database,
      death: this.death,
    });
    return names.map((name) => ingestRelay(folder, name, args));
  }

  #makeSites(): Site[] {
    const { folder } = this.options;
    const { sites = ['north'], whole, accounts, smallDisk, patient } = this.needs;
    const url = `mqtt://127.0.0.1:${this.link.port}`;
    if (whole) return sites.map((name) => new ProgramSite(name, folder, url));
    const disk = join(folder, 'disk');
    if (smallDisk && canMount()) this.disk = SmallDisk.mount(disk, 8);
    return sites.map(
      (name, i) =>
        new SyntheticSite(name, folder, smallDisk && i === 0 ? disk : folder, {
          url,
          ...(accounts && { username: name, password: `secret-of-${name}` }),
          hurry: this.#hurry,
          stallMs: this.#hurry && HURRIED_STALL_MS,
          silentMs: this.#hurry && HURRIED_SILENCE_MS,
          ...(patient ? { each: 1, everyMs: 120 } : { each: 4, everyMs: 40 }),
        }),
    );
  }

  get #patienceMs(): number {
    return PATIENCE_MS * (this.options.pace === 'quick' ? 0.5 : 2);
  }

  get #hurry(): ConnectionArguments['hurry'] {
    return this.options.pace === 'quick' && !this.needs.patient ? HURRY : undefined;
  }
}
