import {
  type DetectorResource,
  type EngineName,
  MODEL_ENGINE,
  type Preparation,
} from '../../contract/detection.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { AnalysisPlan, AnalysisRequest, Planner } from '../detection.js';
import { ModelFolder } from '../models/model-folder.js';
import { addedDetectors } from './added-detectors.js';
import {
  type AvailableModel,
  type DetectorEntry,
  labelsOf,
  type ReadyDetector,
} from './detector-entry.js';
import { detectorFilesIn, examineFile } from './detector-files.js';
import { knownDetectors } from './known-detectors.js';
import { type NamedDetector, named } from './named-detector.js';
import { OperatorDetectors } from './operator-detectors.js';
import { planAnalysis } from './plan-analysis.js';
import type { Probe } from './probe.js';
import { servedEntry } from './served-entry.js';
import { loadShippedDetectors } from './shipped-detectors.js';

export interface CatalogOptions {
  /** Path of the manifest of the detectors that ship with the program. */
  manifest: string;
  /** Detectors used if a request names none. */
  defaultDetectors: string[];
  /** The folder with the detectors that were added. */
  added?: string | undefined;
  /** Models that the program downloads when it starts. */
  expected?: string[];
  /** Overrides `preparationDefaults`. */
  preparation?: Partial<Preparation>;
  /** A folder whose XML and ONNX files are detectors as well. */
  folder?: string | undefined;
  probe: Probe;
  /** What the workers can search with. */
  engines: () => EngineName[];
  log: Logger;
  pollMs?: number;
}

/** All detectors: the shipped ones, then the operator's. Start the pool first. */
export class DetectorCatalog implements Planner, Service {
  readonly name = 'detectors';
  readonly #options: CatalogOptions;
  readonly #added: OperatorDetectors | undefined;
  readonly #operator: OperatorDetectors | undefined;
  readonly #listeners: (() => void)[] = [];
  #shipped: DetectorEntry[] = [];

  constructor(options: CatalogOptions) {
    const { folder, added, probe, log, pollMs } = options;
    this.#options = options;
    const onChange = () => this.#changed();
    const watch = { probe, log, onChange, ...(pollMs !== undefined && { pollMs }) };
    this.#added =
      added === undefined
        ? undefined
        : addedDetectors({
            ...watch,
            folder: new ModelFolder(added),
            listed: (id) => this.listed(id),
            takenBy: (id) => (this.listed(id) ? undefined : this.#shippedAs(id)),
          });
    this.#operator =
      folder === undefined
        ? undefined
        : new OperatorDetectors({
            ...watch,
            find: () => detectorFilesIn(folder),
            examine: (file) => examineFile(file, probe),
            takenBy: (id) => this.#shippedAs(id) ?? this.#addedAs(id),
          });
  }

  /** Throws ConfigurationError if the manifest is unusable. */
  async start(): Promise<void> {
    const { manifest, defaultDetectors, expected, log } = this.#options;
    this.#shipped = await loadShippedDetectors(manifest);
    for (const entry of this.#shipped)
      if (entry.status === 'refused')
        log.error({ detector: entry.id, reason: entry.reason }, 'detector refused');
    await this.#added?.start();
    await this.#operator?.start();
    const served = this.#served();
    for (const id of defaultDetectors) {
      const found = served.find((entry) => entry.id === id);
      if (found?.status === 'ready') continue;
      if (found?.status === 'available' && expected?.includes(id)) continue;
      const reason = found?.status === 'refused' ? found.reason : undefined;
      log.error({ detector: id, reason }, 'default detector missing');
    }
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
    await this.#added?.stop();
  }

  /** Notices what was added or removed just now. */
  async refresh(): Promise<void> {
    await this.#added?.rescan();
  }

  /** The model of the manifest with this id, whether it was downloaded or not. */
  listed(id: string): AvailableModel | undefined {
    return this.#models().find((model) => model.id === id);
  }

  /** The model of the manifest whose file has this hash. */
  listedBySha256(sha256: string): AvailableModel | undefined {
    return this.#models().find((model) => model.sha256 === sha256);
  }

  plan(request: AnalysisRequest): AnalysisPlan {
    const { defaultDetectors, preparation = {} } = this.#options;
    return planAnalysis(request, {
      entries: this.#entries(),
      defaultDetectors,
      preparation,
      engines: this.#options.engines(),
    });
  }

  detectors(): DetectorResource[] {
    const entries = this.#entries();
    const defaults = this.#options.defaultDetectors.map((id) => entries.find((e) => e.id === id));
    const engines = this.#options.engines();
    const added = this.#added?.entries() ?? [];
    const operator = this.#operator?.entries() ?? [];
    return entries.map((entry) => ({
      ...resource(servedEntry(entry, engines), defaults.includes(entry)),
      removable: isIn(entry.id, added) && !operator.includes(entry),
    }));
  }

  /** A detector that was added and can be used. */
  ready(id: string): ReadyDetector | undefined {
    const entry = this.#added?.entries().find((one) => one.id === id);
    return entry?.status === 'ready' ? entry : undefined;
  }

  /** The labels of all detectors that can be used. */
  labels(): string[] {
    const usable = this.#served().filter(({ status }) => status === 'ready');
    return [...new Set(usable.flatMap(labelsOf))];
  }

  /** The names of all detectors that were read. */
  named(): NamedDetector[] {
    return this.#entries().map(named);
  }

  /** The same with those that lie on the disk and were not tried yet, and models that are still being downloaded as ready. */
  async names(): Promise<NamedDetector[]> {
    // What keeps the folder from being read is logged when it is scanned.
    const lying = await knownDetectors(this.#options).catch((): NamedDetector[] => []);
    const read = this.named().map((one) => {
      const onDisk = lying.find(({ id }) => id === one.id);
      return one.status === 'available' ? (onDisk ?? one) : { file: onDisk?.file, ...one };
    });
    return [...read, ...lying.filter(({ id }) => !read.some((one) => one.id === id))];
  }

  /** Calls `listener` after each change of what detectors there are. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** As this machine can search with them. */
  #served(): DetectorEntry[] {
    const engines = this.#options.engines();
    return this.#entries().map((entry) => servedEntry(entry, engines));
  }

  #shippedAs(id: string): string | undefined {
    return isIn(id, this.#shipped) ? 'a detector that ships here' : undefined;
  }

  #addedAs(id: string): string | undefined {
    return isIn(id, this.#added?.entries() ?? []) ? 'a detector that was added' : undefined;
  }

  #models(): AvailableModel[] {
    return this.#shipped.filter((entry) => entry.status === 'available');
  }

  /** A model of the manifest stays in its place once it was added. */
  #entries(): DetectorEntry[] {
    const added = this.#added?.entries() ?? [];
    const shipped = this.#shipped.map((entry) =>
      entry.status === 'available' ? placed(entry, added) : entry,
    );
    return [
      ...shipped,
      ...added.filter(({ id }) => !isIn(id, this.#shipped)),
      ...(this.#operator?.entries() ?? []),
    ];
  }
}

const isIn = (id: string, entries: DetectorEntry[]): boolean =>
  entries.some((entry) => entry.id === id);

function placed(listed: AvailableModel, added: DetectorEntry[]): DetectorEntry {
  const entry = added.find(({ id }) => id === listed.id);
  if (entry?.status !== 'refused') return entry ?? listed;
  const { model: _, url: __, bytes: ___, sha256: ____, ...known } = listed;
  return { ...known, status: 'refused', reason: entry.reason };
}

function resource(entry: DetectorEntry, isDefault: boolean): Omit<DetectorResource, 'removable'> {
  const listed = { labels: labelsOf(entry), default: isDefault };
  if (entry.status === 'refused') return { ...entry, ...listed };
  if (entry.kind === 'cascade') {
    const { file: _, unsupported: __, ...known } = entry;
    return { ...known, ...listed };
  }
  const { model, ...known } = entry;
  const { family, width, height } = model;
  const described = { ...known, ...listed, family, input: { width, height } };
  if (described.status === 'available') return described;
  const { file: _, ...ready } = described;
  return { ...ready, engine: MODEL_ENGINE };
}
