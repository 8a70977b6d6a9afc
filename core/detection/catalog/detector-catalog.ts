import type { DetectorResource, EngineName, Preparation } from '../../contract/detection.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { AnalysisPlan, AnalysisRequest, Planner } from '../detection.js';
import type { CascadeFile, ProbeResult } from '../protocol.js';
import type { DetectorEntry } from './detector-entry.js';
import { OperatorDetectors } from './operator-detectors.js';
import { planAnalysis } from './plan-analysis.js';
import { servedEntry } from './served-entry.js';
import { loadShippedDetectors } from './shipped-detectors.js';

export interface CatalogOptions {
  /** Path of the manifest of the detectors that ship with the program. */
  manifest: string;
  /** Detectors used if a request names none. */
  defaultDetectors: string[];
  /** Overrides `preparationDefaults`. */
  preparation?: Partial<Preparation>;
  /** A folder whose XML files are detectors as well. */
  folder?: string | undefined;
  /** Tries a cascade in a worker, as `DetectionPool.probe` does. */
  probe: (cascade: CascadeFile) => Promise<ProbeResult>;
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
    const { manifest, defaultDetectors, log } = this.#options;
    this.#shipped = await loadShippedDetectors(manifest);
    for (const entry of this.#shipped)
      if (entry.status === 'refused')
        log.error({ detector: entry.id, reason: entry.reason }, 'detector refused');
    await this.#operator?.start(new Set(this.#shipped.map(({ id }) => id)));
    const served = this.#entries().map((entry) => servedEntry(entry, this.#options.engines()));
    for (const id of defaultDetectors) {
      const found = served.find((entry) => entry.id === id);
      if (found?.status === 'ready') continue;
      log.error({ detector: id, reason: found?.reason }, 'default detector missing');
    }
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
    return entries.map((entry) => resource(servedEntry(entry, engines), defaults.includes(entry)));
  }

  #entries(): DetectorEntry[] {
    return [...this.#shipped, ...(this.#operator?.entries() ?? [])];
  }
}

function resource(entry: DetectorEntry, isDefault: boolean): DetectorResource {
  if (entry.status === 'refused') return { ...entry, default: isDefault };
  const { file: _, ...known } = entry;
  return { ...known, default: isDefault };
}
