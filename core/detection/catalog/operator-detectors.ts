import { setTimeout as delay } from 'node:timers/promises';
import { type DetectorKind, MODEL_ENGINE } from '../../contract/detection.js';
import { messageOf, ProblemError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { DetectorEntry, ReadyDetector } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';
import { knownCascade } from './examine-cascade.js';
import { knownModel } from './examine-model.js';

export interface OperatorDetectorsOptions {
  /** What there is now, in the order of the names. */
  find: () => Promise<DetectorFile[]>;
  /** Reads and tries a file. Throws DetectorFault and ProblemError. */
  examine: (file: NamedFile) => Promise<ReadyDetector>;
  /** The detector that comes before these and has this id, in words. */
  takenBy: (id: string) => string | undefined;
  /** Called when detectors were added, changed or removed. */
  onChange?: () => void;
  log: Logger;
  pollMs?: number;
  /** A file that changed less than this ago is still being written. */
  minAgeMs?: number;
}

const MAX_FILES = 64;
const FIRST_SCAN_MS = 10_000;

/** A detector's file. */
export interface DetectorFile {
  /** For messages, and different from those of others. */
  name: string;
  /** Undefined if the name cannot be an id. */
  id: string | undefined;
  path: string;
  kind: DetectorKind;
  /** Changes whenever the file, or one that describes it, does. */
  signature: string;
  /** When the newest of the files changed, in milliseconds. */
  changedAt: number;
}

export interface NamedFile extends DetectorFile {
  id: string;
}

interface SeenFile {
  signature: string;
  /** Undefined if its name cannot be an id. */
  entry: DetectorEntry | undefined;
}

/**
 * Makes each file a detector, and notices files that are added, changed or removed. It polls, because file events are
 * missed on network and overlay file systems.
 */
export class OperatorDetectors {
  readonly #options: Required<OperatorDetectorsOptions>;
  readonly #files = new Map<string, SeenFile>();
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #stopped = false;
  #warned: string | undefined;

  constructor(options: OperatorDetectorsOptions) {
    this.#options = {
      pollMs: 2_000,
      minAgeMs: 1_000,
      onChange: () => undefined,
      ...options,
    };
  }

  /** Resolves after a first scan, or ten seconds. */
  async start(): Promise<void> {
    this.#scanning = this.#round();
    await Promise.race([this.#scanning, delay(FIRST_SCAN_MS, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#scanning;
  }

  /** Looks now, and resolves with what is there then. */
  async rescan(): Promise<void> {
    await this.#scanning;
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#scanning = this.#round();
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
    const files = await this.#options.find();
    const names = new Set(files.map(({ name }) => name));
    for (const name of [...this.#files.keys()]) if (!names.has(name)) this.#forget(name);
    for (const file of files) {
      if (this.#stopped) return;
      await this.#check(file);
    }
  }

  async #check(file: DetectorFile): Promise<void> {
    const { name, signature, changedAt } = file;
    if (this.#files.get(name)?.signature === signature) return;
    if (Math.abs(Date.now() - changedAt) < this.#options.minAgeMs) return;
    if (!this.#files.has(name) && this.#files.size >= MAX_FILES)
      throw new Error(`there are more than ${MAX_FILES} detectors`);
    const entry = await this.#examine(file);
    if (entry === 'later') return;
    this.#files.set(name, { signature, entry });
    this.#options.onChange();
    this.#announce(name, entry);
  }

  async #examine(file: DetectorFile): Promise<DetectorEntry | undefined | 'later'> {
    const { id, name, kind } = file;
    if (id === undefined) return undefined;
    try {
      this.#requireFree(id, name);
      return await this.#options.examine({ ...file, id });
    } catch (error) {
      // The pool is full or stopped, or the file has changed since: the detector is neither good nor bad.
      if (error instanceof ProblemError && error.status === 503) return 'later';
      const known = kind === 'onnx' ? knownModel(id) : knownCascade(id);
      return { ...known, status: 'refused', reason: refusalOf(error) };
    }
  }

  #requireFree(id: string, name: string): void {
    const owner = this.#options.takenBy(id);
    if (owner !== undefined) throw new DetectorFault(`${owner} has this name`);
    const other = [...this.#files].find(([file, { entry }]) => file !== name && entry?.id === id);
    if (other) throw new DetectorFault(`${other[0]} has the same name`);
  }

  #forget(name: string): void {
    const gone = this.#files.get(name);
    if (!gone) return;
    this.#files.delete(name);
    this.#options.onChange();
    this.#options.log.info({ file: name }, 'detector removed');
    // One that was refused because it had the same name is looked at again.
    for (const seen of this.#files.values())
      if (gone.entry && seen.entry?.id === gone.entry.id) seen.signature = '';
  }

  #announce(name: string, entry: DetectorEntry | undefined): void {
    const { log } = this.#options;
    if (!entry) log.warn({ file: name }, 'detector file ignored: its name cannot be a detector id');
    else if (entry.status === 'refused')
      log.warn({ detector: entry.id, reason: entry.reason }, 'detector refused');
    else if (entry.status === 'ready') this.#announceReady(entry);
  }

  #announceReady(entry: ReadyDetector): void {
    const { log } = this.#options;
    const { id } = entry;
    if (entry.kind === 'onnx') {
      log.info(
        { detector: id, engine: MODEL_ENGINE, labels: entry.labels.length },
        'detector added',
      );
      return;
    }
    const { engine, unsupported: reason } = entry;
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

/** Why a file that was examined cannot be used. */
export function refusalOf(error: unknown): string {
  if (error instanceof DetectorFault) return error.message;
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
