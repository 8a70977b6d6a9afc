import { setTimeout as delay } from 'node:timers/promises';
import type {
  DetectorAddition,
  DetectorResource,
  DetectorSettings,
} from '../../contract/detection.js';
import { messageOf, ProblemError } from '../../runtime/errors.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import { DownloadError } from '../models/download-error.js';
import type { ModelFolder } from '../models/model-folder.js';
import type { DetectorInstaller } from './detector-installer.js';
import type { GivenFile, Installed, InstallOptions } from './installer-options.js';

export interface AdditionsOptions {
  installer: DetectorInstaller;
  folder: ModelFolder;
  /** Models that are downloaded after the start if they are not there. */
  models: string[];
  log: Logger;
  /** Pause after a failed download of these; it doubles up to `maxRetryMs`. */
  retryMs?: number;
  maxRetryMs?: number;
  tidyMs?: number;
}

/**
 * Adds detectors while the program runs, one at a time: those that the configuration names, and those that an administrator
 * asks for. Detection does not wait for them.
 */
export class DetectorAdditions implements Service {
  readonly name = 'detector additions';
  readonly #options: Required<AdditionsOptions>;
  readonly #states = new Map<string, DetectorAddition>();
  readonly #stopping = new AbortController();
  #isBusy = false;
  #work: Promise<unknown> = Promise.resolve();
  #configured: Promise<void> = Promise.resolve();
  #tidying: NodeJS.Timeout | undefined;

  constructor(options: AdditionsOptions) {
    this.#options = { retryMs: 30_000, maxRetryMs: 3_600_000, tidyMs: 60_000, ...options };
  }

  async start(): Promise<void> {
    const { folder, tidyMs, models, log } = this.#options;
    const tidy = () =>
      folder.tidy().catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'detector folder not tidied');
      });
    this.#tidying = setInterval(tidy, tidyMs);
    this.#tidying.unref();
    for (const id of models) this.#states.set(id, waiting());
    this.#configured = this.#addConfigured();
  }

  /** A download that is under way goes on after the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#tidying);
    this.#stopping.abort();
    await this.#configured;
    await this.#work.catch(() => undefined);
  }

  /** The detectors, with what is known of additions that have not succeeded. */
  described(detectors: DetectorResource[]): DetectorResource[] {
    return detectors.map((detector) => {
      const addition = this.#states.get(detector.id);
      return addition ? { ...detector, addition } : detector;
    });
  }

  /** Begins to download a model of the manifest. Throws `unknown_detector`, `conflict` and `detectors_busy`. */
  begin(id: string): void {
    this.#options.installer.downloadable(id);
    const end = this.#reserve();
    this.#work = this.#download(id, false).finally(end);
    this.#work.catch(() => undefined);
  }

  /** Keeps others from adding until `work` has ended. Throws `detectors_busy`, and what `work` throws as a ProblemError. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const end = this.#reserve();
    try {
      return await work();
    } catch (error) {
      throw asProblem(error);
    } finally {
      end();
    }
  }

  #reserve(): () => void {
    if (this.#isBusy)
      throw new ProblemError('detectors_busy', 'Another detector is being added or removed.', {
        retryAfter: 5,
      });
    this.#isBusy = true;
    return () => {
      this.#isBusy = false;
    };
  }

  /** Adds a file, as a part of `exclusively`. */
  async addFile(given: GivenFile): Promise<Installed> {
    const { signal } = this.#stopping;
    const installed = await this.#options.installer.addFile(given, { signal });
    this.#states.delete(installed.id);
    return installed;
  }

  /** Replaces what is set on a detector that was added. Throws ProblemError. */
  set(id: string, settings: DetectorSettings): Promise<void> {
    return this.exclusively(() =>
      this.#options.installer.set(id, settings, { signal: this.#stopping.signal }),
    );
  }

  /** Removes what was added. Throws ProblemError. */
  remove(id: string): Promise<void> {
    return this.exclusively(async () => {
      await this.#options.installer.remove(id, { signal: this.#stopping.signal });
      this.#states.delete(id);
    });
  }

  /** In their order, again and again until all are there. */
  async #addConfigured(): Promise<void> {
    const { models, retryMs, maxRetryMs } = this.#options;
    const { signal } = this.#stopping;
    let missing = models;
    for (let pause = retryMs; missing.length > 0 && !signal.aborted; pause *= 2) {
      const failed: string[] = [];
      for (const id of missing) if (!(await this.#addOne(id))) failed.push(id);
      missing = failed;
      if (missing.length > 0)
        await delay(Math.min(pause, maxRetryMs), undefined, { signal, ref: false }).catch(
          () => undefined,
        );
    }
  }

  async #addOne(id: string): Promise<boolean> {
    const { signal } = this.#stopping;
    while (this.#isBusy && !signal.aborted) await delay(1_000, undefined, { ref: false });
    if (signal.aborted) return true;
    try {
      await this.exclusively(() => this.#download(id, true));
      return true;
    } catch {
      return false;
    }
  }

  async #download(id: string, waits: boolean): Promise<void> {
    const { installer, log } = this.#options;
    let last = waiting();
    const show = (change: Partial<DetectorAddition>) => {
      last = { ...last, ...change };
      this.#states.set(id, last);
    };
    show({});
    const options: InstallOptions = {
      signal: this.#stopping.signal,
      onProgress: ({ bytes, totalBytes = null }) =>
        show({ state: 'downloading', bytes, totalBytes, reason: undefined }),
      onRetry: (reason) => show({ state: 'waiting', reason }),
      onTrial: () => show({ state: 'trying' }),
      ...(waits && { onWait: () => show({ state: 'waiting' }) }),
    };
    try {
      const { outcome, bytes } = await installer.download(id, options);
      this.#states.delete(id);
      if (outcome !== 'unchanged') log.info({ detector: id, bytes }, 'model downloaded');
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const reason = messageOf(error);
      show({ state: 'failed', reason });
      log.error({ detector: id, reason }, 'model not added');
      throw error;
    }
  }
}

const waiting = (): DetectorAddition => ({ state: 'waiting', bytes: 0, totalBytes: null });

/** Of a full disk, which an upload meets as well; everything else has a code already. */
function asProblem(error: unknown): unknown {
  if (error instanceof DownloadError && error.fault === 'no_space')
    return new ProblemError('disk_budget_spent', error.message, { cause: error });
  return error;
}
