import type { Logger } from '../../../core/runtime/logger.js';
import type { CameraStatus } from '../camera-status.js';

/** Reports a camera's status when its state, circuit or last error has changed, and logs changes of its state. */
export class StatusReporter {
  #reported: Pick<CameraStatus, 'state' | 'circuit' | 'lastError'> | undefined;

  constructor(
    private readonly onStatus: (status: CameraStatus) => void,
    private readonly log: Logger,
  ) {}

  report(status: CameraStatus): void {
    const { state, circuit, lastError } = status;
    const previous = this.#reported;
    if (
      previous?.state === state &&
      previous.circuit === circuit &&
      previous.lastError === lastError
    )
      return;
    this.#reported = { state, circuit, lastError };
    if (state !== previous?.state) this.#logState(status);
    this.onStatus(status);
  }

  #logState({ id: camera, state, lastError }: CameraStatus): void {
    if (state === 'offline')
      this.log.warn({ camera, error: lastError ?? undefined }, `camera offline: ${lastError}`);
    else this.log.info({ camera }, `camera ${state}`);
  }
}
