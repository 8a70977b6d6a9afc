import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { searchDefaults } from '../../contract/detection.js';
import { nameSchema } from '../../contract/names.js';
import { messageOf, ProblemError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { CascadeFault, describeCascade } from './cascade-file.js';
import type { DetectorEntry, ReadyCascade } from './detector-entry.js';
import type { Probe } from './probe.js';

export interface OperatorDetectorsOptions {
  folder: string;
  /** Tries a cascade in a worker. Throws ProblemError. */
  probe: Probe;
  log: Logger;
  pollMs?: number;
  /** A file that changed less than this ago is still being written. */
  minAgeMs?: number;
}

const MAX_DETECTORS = 64;
const MAX_BYTES = 16 * 1024 * 1024;
const FIRST_SCAN_MS = 10_000;

interface SeenFile {
  /** Changes whenever the file does. */
  signature: string;
  /** Undefined if its name cannot be an id. */
  entry: DetectorEntry | undefined;
}

/**
 * Makes each `ID.xml` in a folder a detector, and notices files that are added, changed or removed. It polls, because
 * file events are missed on network and overlay file systems.
 */
export class OperatorDetectors {
  readonly #options: Required<OperatorDetectorsOptions>;
  readonly #files = new Map<string, SeenFile>();
  #taken: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #stopped = false;
  #warned: string | undefined;

  constructor(options: OperatorDetectorsOptions) {
    this.#options = { pollMs: 2_000, minAgeMs: 1_000, ...options };
  }

  /** Resolves after a first scan of the folder, or ten seconds. Ids in `taken` are refused. */
  async start(taken: ReadonlySet<string>): Promise<void> {
    this.#taken = taken;
    this.#scanning = this.#round();
    await Promise.race([this.#scanning, delay(FIRST_SCAN_MS, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#scanning;
  }

  /** In the order of their file names. */
  entries(): DetectorEntry[] {
    return [...this.#files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { entry }]) => entry ?? []);
  }

  async #round(): Promise<void> {
    try {
      await this.#scan();
      this.#warned = undefined;
    } catch (error) {
      this.#warnOnce(messageOf(error));
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#scanning = this.#round();
    }, this.#options.pollMs);
    this.#timer.unref();
  }

  async #scan(): Promise<void> {
    const names = (await readdir(this.#options.folder).catch(ifMissing)).filter(
      (name) => name.endsWith('.xml') && !name.startsWith('.'),
    );
    for (const name of [...this.#files.keys()]) if (!names.includes(name)) this.#forget(name);
    for (const name of names.sort()) {
      if (this.#stopped) return;
      await this.#check(name);
    }
  }

  async #check(name: string): Promise<void> {
    const file = join(this.#options.folder, name);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return this.#forget(name);
    const signature = `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (this.#files.get(name)?.signature === signature) return;
    if (Math.abs(Date.now() - found.mtimeMs) < this.#options.minAgeMs) return;
    if (!this.#files.has(name) && this.#files.size >= MAX_DETECTORS)
      throw new Error(`there are more than ${MAX_DETECTORS} cascades`);
    const entry = await this.#examine(name, file, found.size);
    if (entry === 'later') return;
    this.#files.set(name, { signature, entry });
    this.#announce(name, entry);
  }

  async #examine(
    name: string,
    file: string,
    size: number,
  ): Promise<DetectorEntry | undefined | 'later'> {
    const id = nameSchema.safeParse(parse(name).name).data;
    if (id === undefined) return undefined;
    const known = {
      kind: 'cascade',
      id,
      label: id,
      origin: 'operator',
      parameters: searchDefaults,
    } as const;
    try {
      if (this.#taken.has(id)) throw new CascadeFault('a detector that ships here has this name');
      if (size > MAX_BYTES) throw new CascadeFault('it is larger than 16 MiB');
      const content = await readFile(file);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const description = await describeCascade(content);
      const { engine, reason } = await this.#options.probe({
        kind: 'cascade',
        cascade: { file, sha256 },
      });
      const ready = { ...known, ...description, status: 'ready', file, sha256, engine } as const;
      return reason === undefined ? ready : { ...ready, unsupported: reason };
    } catch (error) {
      // The pool is full or stopped, or the file has changed since: the cascade is neither good nor bad.
      if (error instanceof ProblemError && error.status === 503) return 'later';
      return { ...known, status: 'refused', reason: reasonOf(error) };
    }
  }

  #forget(name: string): void {
    if (this.#files.delete(name)) this.#options.log.info({ file: name }, 'detector removed');
  }

  #announce(name: string, entry: DetectorEntry | undefined): void {
    const { log } = this.#options;
    if (!entry) log.warn({ file: name }, 'cascade ignored: its name cannot be a detector id');
    else if (entry.status === 'ready' && entry.kind === 'cascade') this.#announceReady(entry);
    else if (entry.status === 'refused')
      log.warn({ detector: entry.id, reason: entry.reason }, 'detector refused');
  }

  #announceReady({ id, engine, unsupported: reason }: ReadyCascade): void {
    const { log } = this.#options;
    log.info({ detector: id, engine }, 'detector added');
    if (reason !== undefined)
      log.info({ detector: id, reason }, 'OpenCV searches with this cascade, which takes longer');
  }

  #warnOnce(reason: string): void {
    if (this.#warned === reason) return;
    this.#warned = reason;
    this.#options.log.warn({ reason }, 'detector folder not read completely');
  }
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function reasonOf(error: unknown): string {
  if (error instanceof CascadeFault) return error.message;
  if (error instanceof ProblemError)
    switch (error.code) {
      case 'image_crashed_decoder':
        return 'it ended the process that tried it';
      case 'detection_timeout':
        return 'it took too long to try';
      default:
        return error.message;
    }
  return `it cannot be read (${messageOf(error)})`;
}
