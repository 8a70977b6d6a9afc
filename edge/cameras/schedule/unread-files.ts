import { LogThrottle } from '../../../core/runtime/log-throttle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { Backlog, Camera } from '../camera.js';

const LOG_EVERY_MS = 600_000;
/** Files that may lie beside images as a matter of course, as recordings do. */
const EXPECTED_BESIDE = ['otherExtension', 'tooManyFolders', 'tooDeep'];

/** What is present at a camera's source and is not taken, and whether that needs attention. */
export class UnreadFiles {
  readonly #log = new LogThrottle(LOG_EVERY_MS);
  #logged = 0;
  /** Files that are refused, when a picture was taken last. */
  #refusedBefore = 0;

  constructor(
    private readonly id: string,
    private readonly camera: Camera,
    private readonly log: Logger,
  ) {}

  get backlog(): Backlog | null {
    return this.camera.backlog?.() ?? null;
  }

  /** Whether a picture should have been taken from what is there. */
  get areOverdue(): boolean {
    const { backlog } = this;
    if (!backlog) return false;
    if (backlog.waiting > 0 || refusedIn(backlog) > this.#refusedBefore) return true;
    return !backlog.hasTaken && backlog.skipped > 0;
  }

  /** Why nothing is taken, for operators; undefined if nothing is left. */
  get reason(): string | undefined {
    const { backlog } = this;
    if (!backlog || backlog.waiting + backlog.skipped === 0) return undefined;
    const reasons = Object.entries(backlog.reasons).map(([reason, count]) => `${count} ${reason}`);
    return `files are not taken: ${[`${backlog.waiting} waiting`, ...reasons].join(', ')}`;
  }

  pictureTaken(): void {
    const { backlog } = this;
    if (backlog) this.#refusedBefore = refusedIn(backlog);
  }

  /** Logs what is skipped when it has become more. */
  report(): void {
    const { backlog } = this;
    if (!backlog || backlog.skipped <= this.#logged || !this.#log.isDue(this.id)) return;
    this.#logged = backlog.skipped;
    const { waiting, skipped, reasons } = backlog;
    this.log.warn({ camera: this.id, waiting, skipped, reasons }, 'files are not taken');
  }
}

const refusedIn = ({ reasons }: Backlog): number =>
  Object.entries(reasons)
    .filter(([reason]) => !EXPECTED_BESIDE.includes(reason))
    .reduce((sum, [, count = 0]) => sum + count, 0);
