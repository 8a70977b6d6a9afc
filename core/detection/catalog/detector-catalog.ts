import {
  type DetectorResource,
  type EngineName,
  MODEL_ENGINE,
  type Preparation,
} from '../../contract/detection.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { AnalysisPlan, AnalysisRequest, Planner } from '../detection.js';
import { type DetectorEntry, labelsOf } from './detector-entry.js';
import { knownDetectors } from './known-detectors.js';
import { type NamedDetector, named } from './named-detector.js';
import { OperatorDetectors } from './operator-detectors.js';
import { engineOf, planAnalysis } from './plan-analysis.js';
import type { Probe } from './probe.js';
import { loadShippedDetectors } from './shipped-detectors.js';

export interface CatalogOptions {
  /** Path of the manifest of the detectors that ship with the program. */
  manifest: string;
  /** Detectors used if a request names none. */
  defaultDetectors: string[];
  /** The folder with the downloaded models of the manifest, as ID.onnx; without it none is downloaded. */
  models?: string | undefined;
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
  readonly #operator: OperatorDetectors | undefined;
  #shipped: DetectorEntry[] = [];

  constructor(options: CatalogOptions) {
    const { folder, probe, log, pollMs } = options;
    this.#options = options;
    this.#operator =
      folder === undefined
        ? undefined
        : new OperatorDetectors({ folder, probe, log, ...(pollMs !== undefined && { pollMs }) });
  }

  /** Throws ConfigurationError if the manifest is unusable. */
  async start(): Promise<void> {
    const { manifest, models, defaultDetectors, log } = this.#options;
    this.#shipped = await loadShippedDetectors(manifest, models);
    for (const entry of this.#shipped)
      if (entry.status === 'refused')
        log.error({ detector: entry.id, reason: entry.reason }, 'detector refused');
    await this.#operator?.start(new Set(this.#shipped.map(({ id }) => id)));
    for (const id of defaultDetectors)
      if (!this.#entries().some((entry) => entry.id === id && entry.status === 'ready'))
        log.error({ detector: id }, 'default detector missing');
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
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
    return entries.map((entry) => resource(entry, defaults.includes(entry), engines));
  }

  /** The names of all detectors that were read. */
  named(): NamedDetector[] {
    return this.#entries().map(named);
  }

  /** The same with those that lie in the folder and were not tried yet. */
  async names(): Promise<NamedDetector[]> {
    const read = this.named();
    const lying = await knownDetectors(this.#options);
    return [...read, ...lying.filter(({ id }) => !read.some((one) => one.id === id))];
  }

  #entries(): DetectorEntry[] {
    return [...this.#shipped, ...(this.#operator?.entries() ?? [])];
  }
}

function resource(
  entry: DetectorEntry,
  isDefault: boolean,
  engines: EngineName[],
): DetectorResource {
  const listed = { labels: labelsOf(entry), default: isDefault };
  if (entry.status === 'refused') return { ...entry, ...listed };
  if (entry.kind === 'cascade') {
    const { file: _, unsupported: __, ...known } = entry;
    return { ...known, ...listed, engine: engineOf(entry, engines) };
  }
  const { model, ...known } = entry;
  const { family, width, height } = model;
  const described = { ...known, ...listed, family, input: { width, height } };
  if (described.status === 'available') return described;
  const { file: _, ...ready } = described;
  return { ...ready, engine: MODEL_ENGINE };
}
