import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../core/contract/problem.js';
import { ConfigurationError, ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { onReloadSignal } from '../../core/runtime/reload-signal.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import type { EdgeConfig } from '../config.js';
import type { CameraConfig } from './camera-config.js';
import type { CameraChanges } from './schedule/camera-schedule.js';

export interface ConfigReloadOptions {
  /** The configuration in effect. */
  config: EdgeConfig;
  /** Throws a ConfigurationError with every error. */
  read(): EdgeConfig;
  /** Names in a configuration of what does not exist. */
  check(config: EdgeConfig): Promise<FieldError[]>;
  /** Lines about what a configuration needs and this machine lacks. */
  warningsOf(config: EdgeConfig): Promise<string[]>;
  /** Replaces the cameras of the file. */
  replaceCameras(cameras: readonly CameraConfig[]): Promise<CameraChanges>;
  /** Called after a reload that a signal asked for. */
  reloadedBySignal?(): void;
  /** Shared with other changes of the cameras. */
  queue?: SerialQueue;
  log: Logger;
}

export interface Reloaded {
  cameras: CameraChanges;
  /** Changed settings that take effect only after a restart, e.g. `http.port`. */
  needsRestart: string[];
  /** What the configuration needs and this machine lacks, one line for each. */
  warnings: string[];
}

/**
 * Reloads the configuration on SIGHUP or on request. Cameras change at once; other changed settings are listed, since
 * they need a restart. An invalid configuration changes nothing.
 */
export class ConfigReload implements Service {
  readonly name = 'configuration';
  readonly #queue: SerialQueue;
  #forgetSignal: (() => void) | undefined;

  constructor(private readonly options: ConfigReloadOptions) {
    this.#queue = options.queue ?? new SerialQueue();
  }

  async start(): Promise<void> {
    this.#forgetSignal = onReloadSignal(
      () =>
        void this.reload().then(
          () => this.options.reloadedBySignal?.(),
          () => undefined,
        ),
    );
  }

  async stop(): Promise<void> {
    this.#forgetSignal?.();
    await this.#queue.ended();
  }

  /** Rejects with `invalid_configuration`, which lists every error; the previous configuration then stays in effect. */
  reload(): Promise<Reloaded> {
    return this.#queue.run(() => this.#reload());
  }

  async #reload(): Promise<Reloaded> {
    const { config, replaceCameras, warningsOf, log } = this.options;
    const next = await this.#read();
    const cameras = await replaceCameras(next.cameras);
    const needsRestart = differences(
      { ...config, cameras: undefined },
      { ...next, cameras: undefined },
    );
    const warnings = await warningsOf(next);
    log.info({ ...cameras, needsRestart, warnings }, 'configuration reloaded');
    return { cameras, needsRestart, warnings };
  }

  async #read(): Promise<EdgeConfig> {
    const { read, check, log } = this.options;
    try {
      const next = read();
      const errors = await check(next);
      if (errors.length > 0) throw new ConfigurationError('the configuration', errors);
      return next;
    } catch (cause) {
      if (!(cause instanceof ConfigurationError)) throw cause;
      const { errors } = cause;
      log.error({ errors }, 'configuration invalid; the previous one stays in effect');
      const detail = 'Correct the errors and reload. The previous configuration stays in effect.';
      throw new ProblemError('invalid_configuration', detail, { errors, cause });
    }
  }
}

/** Paths of the settings that differ between two configurations. */
function differences(before: unknown, after: unknown, path: string[] = []): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [path.join('.')];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], [...path, key]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
