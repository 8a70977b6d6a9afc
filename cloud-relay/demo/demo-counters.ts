import type { Middleware } from 'koa';
import type { DemoTotals } from '../../core/contract/demo.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import type { UploadTotals } from '../store/demo-total-table.js';

/** What sites delivered is so old at most. */
const KEPT_MS = 5_000;
const SAVE_EVERY_MS = 30_000;

/** What the sites have delivered. */
export interface SiteSums {
  totals(): Promise<{ summaries: number; detections: number }>;
  reportingSites(): Promise<{ reporting: number }>;
}

export interface UploadStore {
  read(): Promise<UploadTotals>;
  add(totals: UploadTotals): Promise<void>;
}

const NONE: UploadTotals = { images: 0, objects: 0 };

/**
 * Counters for the public page. However many visitors ask, the database is read once in five seconds. Uploads count at
 * once, and are saved every 30 seconds: a crash loses those since then.
 */
export class DemoCounters implements Service {
  readonly name = 'demo counters';
  readonly #saves = new SerialQueue();
  #unsaved = NONE;
  #last: { at: number; sums: Promise<DemoTotals> } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sites: SiteSums,
    private readonly uploads: UploadStore,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#save(), SAVE_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save();
  }

  /** Counts an upload with its result. Run before an upload is received. */
  readonly count: Middleware = async (ctx, next) => {
    await next();
    const found = foundIn(ctx.body);
    if (ctx.status === 200 && found !== undefined) this.#add({ images: 1, objects: found });
  };

  async get(): Promise<DemoTotals> {
    const { images, objects, sites } = await this.#sums();
    return {
      images: images + this.#unsaved.images,
      objects: objects + this.#unsaved.objects,
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
    const { images, objects } = await this.uploads.read();
    return { images: summaries + images, objects: detections + objects, sites: reporting };
  }

  #add({ images, objects }: UploadTotals): void {
    this.#unsaved = {
      images: this.#unsaved.images + images,
      objects: this.#unsaved.objects + objects,
    };
  }

  /** One at a time: two that overlap would add the same uploads twice. */
  #save(): Promise<void> {
    return this.#saves.run(() => this.#saveOnce());
  }

  async #saveOnce(): Promise<void> {
    const saved = this.#unsaved;
    if (saved.images === 0) return;
    try {
      await this.uploads.add(saved);
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'cannot save the counters of the demo');
      return;
    }
    this.#add({ images: -saved.images, objects: -saved.objects });
    // It lacks what was saved.
    this.#last = undefined;
  }
}

/** The number of objects in a result, of the image API or in the form of DeepStack. */
function foundIn(body: unknown): number | undefined {
  const { detections, predictions } = (body ?? {}) as Record<string, unknown>;
  const found = detections ?? predictions;
  return Array.isArray(found) ? found.length : undefined;
}
