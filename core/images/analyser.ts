import type { Kysely } from 'kysely';
import type { Analysis } from '../contract/detection.js';
import type { AnalysisPlan, Detection } from '../detection/detection.js';
import { analysisTable } from './analysis-table.js';
import type { ImageTables } from './tables.js';

/** Where a result comes from: a new search, a search that was running already, or the database. */
export type ResultSource = 'search' | 'shared' | 'stored';

export interface SourcedAnalysis {
  analysis: Analysis;
  source: ResultSource;
}

/** Resolves with the stored result if there is one; otherwise searches each image once, however many callers there are. */
export class Analyser {
  readonly #running = new Map<string, Promise<Analysis>>();

  constructor(
    private readonly db: Kysely<ImageTables>,
    private readonly detection: Detection,
    private readonly onAnalysed: (source: ResultSource) => void,
  ) {}

  stored(key: string): Promise<Analysis | undefined> {
    return analysisTable.find(this.db, key);
  }

  async analyse(key: string, bytes: Buffer, plan: AnalysisPlan): Promise<SourcedAnalysis> {
    const stored = await this.stored(key);
    if (stored) return this.#sourced(stored, 'stored');
    return this.search(key, bytes, plan);
  }

  /** The same if no result is stored. It does not use the database: it fails because of the image or of detection alone. */
  async search(key: string, bytes: Buffer, plan: AnalysisPlan): Promise<SourcedAnalysis> {
    const running = this.#running.get(key);
    if (running) return this.#sourced(await running, 'shared');
    const search = this.detection.analyse(bytes, plan);
    this.#running.set(key, search);
    try {
      return this.#sourced(await search, 'search');
    } finally {
      this.#running.delete(key);
    }
  }

  #sourced(analysis: Analysis, source: ResultSource) {
    this.onAnalysed(source);
    return { analysis, source };
  }
}
