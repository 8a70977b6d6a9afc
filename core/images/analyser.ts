import type { Kysely } from 'kysely';
import type { Analysis } from '../contract/detection.js';
import {
  type AnalysisPlan,
  type DetectionBackend,
  type JobOrigin,
  OWN_ORIGIN,
  type Thumbnail,
} from '../detection/detection.js';
import { analysisTable } from './analysis-table.js';
import type { ImageTables } from './tables.js';

/** Where a result comes from: a new search, a search that was running already, or the database. */
export type ResultSource = 'search' | 'shared' | 'stored';

export interface SourcedAnalysis {
  analysis: Analysis;
  source: ResultSource;
}

/**
 * Resolves with the stored result if there is one; otherwise searches each image once, however many callers there are.
 */
export class Analyser {
  readonly #running = new Map<string, Promise<Analysis | undefined>>();

  constructor(
    private readonly db: Kysely<ImageTables>,
    private readonly detection: DetectionBackend,
    private readonly onAnalysed: (source: ResultSource) => void,
  ) {}

  stored(key: string): Promise<Analysis | undefined> {
    return analysisTable.find(this.db, key);
  }

  async analyse(
    key: string,
    bytes: Buffer,
    plan: AnalysisPlan,
    origin: JobOrigin = OWN_ORIGIN,
  ): Promise<SourcedAnalysis> {
    const stored = await this.stored(key);
    if (stored) return this.#sourced(stored, 'stored');
    return this.search(key, bytes, plan, origin);
  }

  /**
   * The same if no result is stored. It does not use the database: it fails because of the image or of detection alone.
   */
  async search(
    key: string,
    bytes: Buffer,
    plan: AnalysisPlan,
    origin: JobOrigin = OWN_ORIGIN,
  ): Promise<SourcedAnalysis> {
    const running = this.#running.get(key);
    const shared = running && (await running);
    if (shared) return this.#sourced(shared, 'shared');
    const search = this.detection.analyse(bytes, plan, origin);
    this.#running.set(key, search);
    try {
      return this.#sourced(await search, 'search');
    } finally {
      this.#running.delete(key);
    }
  }

  /**
   * Searches an image, if `work` names a plan for its thumbnail, in the same job as the thumbnail. Undefined if it
   * names none, or if the result is known or on its way: `analyse` has it.
   */
  async analyseIf(
    bytes: Buffer,
    side: number,
    work: (thumbnail: Thumbnail) => { key: string; plan: AnalysisPlan } | undefined,
    acceptDamaged = false,
    origin: JobOrigin = OWN_ORIGIN,
  ): Promise<Analysis | undefined> {
    let ownKey: string | undefined;
    const planFor = async (thumbnail: Thumbnail) => {
      const wanted = work(thumbnail);
      if (!wanted || (await this.stored(wanted.key)) || this.#running.has(wanted.key))
        return undefined;
      ownKey = wanted.key;
      this.#running.set(ownKey, search);
      return wanted.plan;
    };
    const search = this.detection.analyseIf(bytes, { side, acceptDamaged, planFor }, origin);
    try {
      const analysis = await search;
      if (analysis) this.onAnalysed('search');
      return analysis;
    } finally {
      if (ownKey !== undefined) this.#running.delete(ownKey);
    }
  }

  #sourced(analysis: Analysis, source: ResultSource) {
    this.onAnalysed(source);
    return { analysis, source };
  }
}
