import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { MortalProcess, program } from './mortal-process.js';
import { lookIntoOutbox, type OutboxSeen, readColumn } from './outbox-file.js';
import { ProductionLedger, readProduction } from './production-ledger.js';
import type { Produced, Site } from './site.js';

const SNAPSHOTS = 'select id from image where camera is not null';
const SAMPLES = ['1-empty-street.jpg', '3-sign-near.jpg', '4-two-signs.jpg'];
const CAMERAS = ['gate', 'yard', 'street'];
const LOOK_EVERY_MS = 200;

/** The whole appliance as an operator runs it, with cameras that go round a folder of images, each every second. */
export class ProgramSite implements Site {
  readonly process: MortalProcess;
  readonly #database: string;
  readonly #images: string;
  readonly #ledgerFile: string;
  readonly #ledger: ProductionLedger;
  readonly #known = new Set<string>();
  readonly names: string[];
  #looking: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    folder: string,
    brokerUrl: string,
  ) {
    this.names = [name];
    const dataFolder = join(folder, `${name}-data`);
    this.#database = join(dataFolder, 'edge.db');
    this.#images = join(folder, `${name}-images`);
    this.#ledgerFile = join(folder, `${name}.ledger`);
    this.#ledger = new ProductionLedger(this.#ledgerFile);
    mkdirSync(this.#images);
    for (const sample of SAMPLES)
      copyFileSync(join(projectRoot(), 'samples', sample), join(this.#images, sample));
    const cameras = CAMERAS.map(
      (id) =>
        `{ id: ${id}, kind: folder, path: ${this.#images}, loop: true, schedule: "* * * * * *" }`,
    );
    const settings = [
      `site=${name}`,
      `dataFolder=${dataFolder}`,
      'http.port=0',
      'detection.workers=1',
      'images.minFreeMegabytes=0',
      `mqtt={ url: "${brokerUrl}" }`,
      `cameras=[${cameras.join(', ')}]`,
    ];
    const main = join(projectRoot(), 'dist', 'edge', 'main.js');
    this.process = new MortalProcess(
      program(process.execPath, () => [main, ...settings.map((setting) => `--set=${setting}`)]),
      join(folder, `${name}.log`),
    );
  }

  start(): void {
    this.process.start();
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  /** Without images, its cameras have nothing to show. */
  async rest(): Promise<void> {
    renameSync(this.#images, `${this.#images}-gone`);
    for (let before = -1; before !== this.#known.size; ) {
      before = this.#known.size;
      await sleep(2_000);
      this.#look();
    }
  }

  outbox(): OutboxSeen | undefined {
    return lookIntoOutbox(this.#database);
  }

  produced(): Produced {
    clearInterval(this.#looking);
    this.#look();
    const { committed } = readProduction(this.#ledgerFile);
    return { required: committed, allowed: committed };
  }

  /** Notes what cameras gave since the last look. */
  #look(): void {
    const fresh = readColumn(this.#database, SNAPSHOTS).filter((id) => !this.#known.has(id));
    for (const id of fresh) this.#known.add(id);
    this.#ledger.committed(fresh);
  }
}
