import { readdir, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MODEL_ENGINE } from '../../contract/detection.js';
import { nameSchema } from '../../contract/names.js';
import { messageOf, ProblemError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { DetectorEntry, ReadyDetector } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';
import { examineCascade, knownCascade } from './examine-cascade.js';
import { DESCRIPTIONS, examineModel, knownModel } from './examine-model.js';
import type { Probe } from './probe.js';

export interface OperatorDetectorsOptions {
  folder: string;
  probe: Probe;
  log: Logger;
  pollMs?: number;
  /** A file that changed less than this ago is still being written. */
  minAgeMs?: number;
}

const MAX_DETECTORS = 64;
const FIRST_SCAN_MS = 10_000;

interface SeenFile {
  /** Changes whenever the file, or one that describes it, does. */
  signature: string;
  /** Undefined if its name cannot be an id. */
  entry: DetectorEntry | undefined;
}

/**
 * Makes each `ID.xml` and `ID.onnx` in a folder a detector, and notices files that are added, changed or removed. It polls,
 * because file events are missed on network and overlay file systems.
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
      (name) => isDetectorFile(name) && !name.startsWith('.'),
    );
    for (const name of [...this.#files.keys()]) if (!names.includes(name)) this.#forget(name);
    for (const name of names.sort()) {
      if (this.#stopped) return;
      await this.#check(name);
    }
  }

  async #check(name: string): Promise<void> {
    const file = join(this.#options.folder, name);
    const found = await versionOf(file);
    if (!found) return this.#forget(name);
    const { signature, size, changedAt } = found;
    if (this.#files.get(name)?.signature === signature) return;
    if (Math.abs(Date.now() - changedAt) < this.#options.minAgeMs) return;
    if (!this.#files.has(name) && this.#files.size >= MAX_DETECTORS)
      throw new Error(`there are more than ${MAX_DETECTORS} detectors`);
    const entry = await this.#examine(name, file, size);
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
    const { probe } = this.#options;
    const isModel = name.endsWith('.onnx');
    try {
      this.#requireFree(id, name);
      const examine = isModel ? examineModel : examineCascade;
      return await examine(id, file, size, probe);
    } catch (error) {
      // The pool is full or stopped, or the file has changed since: the detector is neither good nor bad.
      if (error instanceof ProblemError && error.status === 503) return 'later';
      const known = isModel ? knownModel(id) : knownCascade(id);
      return { ...known, status: 'refused', reason: reasonOf(error) };
    }
  }

  #requireFree(id: string, name: string): void {
    if (this.#taken.has(id)) throw new DetectorFault('a detector that ships here has this name');
    const other = [...this.#files].find(([file, { entry }]) => file !== name && entry?.id === id);
    if (other) throw new DetectorFault(`${other[0]} has the same name`);
  }

  #forget(name: string): void {
    const gone = this.#files.get(name);
    if (!gone) return;
    this.#files.delete(name);
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

const isDetectorFile = (name: string): boolean => name.endsWith('.xml') || name.endsWith('.onnx');

interface FileVersion {
  /** See `SeenFile`. */
  signature: string;
  size: number;
  /** When the newest of the files changed, in milliseconds. */
  changedAt: number;
}

/** Of a detector's file with those that describe it. Undefined if it is not a file. */
async function versionOf(file: string): Promise<FileVersion | undefined> {
  const { dir, name, ext } = parse(file);
  const beside = ext === '.onnx' ? DESCRIPTIONS.map((end) => join(dir, name + end)) : [];
  const [own, ...others] = await Promise.all(
    [file, ...beside].map((path) => stat(path).catch(() => undefined)),
  );
  if (!own?.isFile()) return undefined;
  const found = [own, ...others.flatMap((other) => other ?? [])];
  return {
    signature: found.map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join(', '),
    size: own.size,
    changedAt: Math.max(...found.map(({ mtimeMs }) => mtimeMs)),
  };
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function reasonOf(error: unknown): string {
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
