import type { Kysely } from 'kysely';
import type { Analysis } from '../contract/detection.js';
import type { AnalysisPlan, DetectionBackend, Thumbnail } from '../detection/detection.js';
import { analysisTable } from './analysis-table.js';
import type { ImageTables } from './tables.js';

/** Where a result came from: a search now, somebody else's search under way, or the database. */
export type Source = 'search' | 'shared' | 'stored';

/** Answers with a stored result where there is one, and otherwise searches each image once, however many ask. */
export class Analyser {
  readonly #running = new Map<string, Promise<Analysis | undefined>>();

  constructor(
    private readonly db: Kysely<ImageTables>,
    private readonly detection: DetectionBackend,
    private readonly onAnalysed: (source: Source) => void,
  ) {}

  stored(key: string): Promise<Analysis | undefined> {
    return analysisTable.find(this.db, key);
  }

  async analyse(
    key: string,
    bytes: Buffer,
    plan: AnalysisPlan,
  ): Promise<{ analysis: Analysis; source: Source }> {
    const stored = await this.stored(key);
    if (stored) return this.#answer(stored, 'stored');
    return this.search(key, bytes, plan);
  }

  /** The same where no result is stored. It does not ask the database, so that it fails of the image or of detection. */
  async search(
    key: string,
    bytes: Buffer,
    plan: AnalysisPlan,
  ): Promise<{ analysis: Analysis; source: Source }> {
    const running = this.#running.get(key);
    const shared = running && (await running);
    if (shared) return this.#answer(shared, 'shared');
    const search = this.detection.analyse(bytes, plan);
    this.#running.set(key, search);
    try {
      return this.#answer(await search, 'search');
    } finally {
      this.#running.delete(key);
    }
  }

  /**
   * Searches an image, if `work` names a plan for its thumbnail, in the same job as the thumbnail. Undefined if it names
   * none, or if the result is known or on its way: `analyse` has it.
   */
  async analyseIf(
    bytes: Buffer,
    side: number,
    work: (thumbnail: Thumbnail) => { key: string; plan: AnalysisPlan } | undefined,
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
    const search = this.detection.analyseIf(bytes, { side, planFor });
    try {
      const analysis = await search;
      if (analysis) this.onAnalysed('search');
      return analysis;
    } finally {
      if (ownKey !== undefined) this.#running.delete(ownKey);
    }
  }

  #answer(analysis: Analysis, source: Source) {
    this.onAnalysed(source);
    return { analysis, source };
  }
}
