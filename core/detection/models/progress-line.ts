import type { DownloadProgress } from './download-file.js';
import { DownloadMeter, percentOf } from './download-meter.js';

export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

const EVERY_MS = 200;
const STEP_PERCENT = 10;
/** If the size is unknown. */
const STEP_BYTES = 4 * 1024 ** 2;
const CLEAR = '\r\x1b[2K';

/** Shows a download: as one line that changes on a terminal, otherwise as a line every 10 %. */
export class ProgressLine {
  readonly #meter: DownloadMeter;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shownStep = -1;
  #isOpen = false;

  constructor(
    private readonly name: string,
    private readonly output: Output,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#meter = new DownloadMeter(now);
  }

  show(progress: DownloadProgress): void {
    const isWhole = progress.bytes === progress.totalBytes;
    if (this.output.isTTY) {
      if (!isWhole && this.now() - this.#shownAt < EVERY_MS) return;
      this.#shownAt = this.now();
      this.output.write(`${CLEAR}${this.name}  ${this.#meter.text(progress)}`);
      this.#isOpen = true;
      return;
    }
    const text = this.#meter.text(progress);
    const percent = percentOf(progress);
    const step =
      percent === undefined
        ? Math.floor(progress.bytes / STEP_BYTES)
        : Math.floor(percent / STEP_PERCENT);
    if (step === this.#shownStep) return;
    this.#shownStep = step;
    this.output.write(`${this.name}  ${text}\n`);
  }

  /** A message on a line of its own. */
  note(text: string): void {
    this.end();
    this.output.write(`${text}\n`);
  }

  end(): void {
    if (this.#isOpen) this.output.write('\n');
    this.#isOpen = false;
  }
}
