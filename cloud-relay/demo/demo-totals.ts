import type { Middleware } from 'koa';
import type { DemoTotals } from '../../core/contract/demo.js';
import type { Clock } from '../../core/runtime/clock.js';

/** What sites delivered is so old at most. */
const KEPT_MS = 5_000;

/** What the sites have delivered. */
export interface SiteSums {
  totals(): Promise<{ summaries: number; detections: number }>;
  reportingSites(): Promise<{ reporting: number }>;
}

/**
 * Counters for the public page. However many visitors ask, the database is read once in five seconds. Uploads are
 * counted since the start of the program.
 */
export class DemoTotalsCache {
  #uploads = { images: 0, objects: 0 };
  #last: { at: number; sums: Promise<DemoTotals> } | undefined;

  constructor(
    private readonly sites: SiteSums,
    private readonly clock: Clock,
  ) {}

  /** Counts an upload with its result. Run before an upload is received. */
  readonly count: Middleware = async (ctx, next) => {
    await next();
    const found = foundIn(ctx.body);
    if (ctx.status !== 200 || found === undefined) return;
    this.#uploads.images += 1;
    this.#uploads.objects += found;
  };

  async get(): Promise<DemoTotals> {
    const { images, objects, sites } = await this.#sums();
    return {
      images: images + this.#uploads.images,
      objects: objects + this.#uploads.objects,
      sites,
    };
  }

  #sums(): Promise<DemoTotals> {
    const now = this.clock();
    const age = now - (this.#last?.at ?? Number.NEGATIVE_INFINITY);
    if (this.#last && age >= 0 && age < KEPT_MS) return this.#last.sums;
    const sums = this.#read();
    this.#last = { at: now, sums };
    sums.catch(() => {
      if (this.#last?.sums === sums) this.#last = undefined;
    });
    return sums;
  }

  async #read(): Promise<DemoTotals> {
    const { summaries, detections } = await this.sites.totals();
    const { reporting } = await this.sites.reportingSites();
    return { images: summaries, objects: detections, sites: reporting };
  }
}

/** The number of objects in a result, of the image API or in the form of DeepStack. */
function foundIn(body: unknown): number | undefined {
  const { detections, predictions } = (body ?? {}) as Record<string, unknown>;
  const found = detections ?? predictions;
  return Array.isArray(found) ? found.length : undefined;
}
