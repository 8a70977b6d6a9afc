import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError, ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import type { EdgeConfig } from '../config.js';
import type { CameraConfig } from './camera-config.js';
import type { CameraChanges } from './schedule/camera-schedule.js';

export interface ConfigReloadOptions {
  /** What is in force. */
  config: EdgeConfig;
  /** Throws ConfigurationError with all that is wrong. */
  read(): EdgeConfig;
  /** Puts other cameras in the place of those that are watched. */
  replaceCameras(cameras: readonly CameraConfig[]): Promise<CameraChanges>;
  log: Logger;
}

export interface Reloaded {
  cameras: CameraChanges;
  /** Settings that differ from those in force, and take effect only when the program starts, e.g. `http.port`. */
  needsRestart: string[];
}

/**
 * Reads the configuration again on SIGHUP or on request. Cameras change at once; for the rest it says what waits for a
 * restart. A configuration that is not good changes nothing.
 */
export class ConfigReload implements Service {
  readonly name = 'configuration';
  readonly #onSignal = () => void this.reload().catch(() => undefined);
  readonly #turn = new SerialQueue();

  constructor(private readonly options: ConfigReloadOptions) {}

  async start(): Promise<void> {
    process.on('SIGHUP', this.#onSignal);
  }

  async stop(): Promise<void> {
    process.off('SIGHUP', this.#onSignal);
    await this.#turn.ended();
  }

  /** Rejects with `invalid_configuration`, which lists every error; the old configuration stays in force then. */
  reload(): Promise<Reloaded> {
    return this.#turn.run(() => this.#reload());
  }

  async #reload(): Promise<Reloaded> {
    const { config, replaceCameras, log } = this.options;
    const next = this.#read();
    const cameras = await replaceCameras(next.cameras);
    const needsRestart = differences(
      { ...config, cameras: undefined },
      { ...next, cameras: undefined },
    );
    log.info({ ...cameras, needsRestart }, 'read the configuration again');
    return { cameras, needsRestart };
  }

  #read(): EdgeConfig {
    const { read, log } = this.options;
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof ConfigurationError)) throw cause;
      const { errors } = cause;
      log.error({ errors }, 'the new configuration cannot be used; the old one stays in force');
      const detail = 'It has errors, and the old one stays in force.';
      throw new ProblemError('invalid_configuration', detail, { errors, cause });
    }
  }
}

/** Paths of the settings in which two configurations differ. */
function differences(before: unknown, after: unknown, path: string[] = []): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [path.join('.')];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], [...path, key]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
