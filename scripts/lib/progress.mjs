const QUIET_SECONDS = 15;

/** @typedef {{ title: string, detail: string, started: number }} Part */

/** @typedef {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} Output Such as process.stdout. */

/**
 * Shows the progress of parts that run at the same time: on a terminal a line for each that is rewritten every second, in
 * a log one line every 15 seconds. The last line of a part gives the seconds that it took.
 */
export class Progress {
  /** @type {Part[]} */
  #parts = [];
  #out;
  #estimate;
  #started = performance.now();
  #timer;
  #drawn = 0;

  /**
   * @param {Output} [out]
   * @param {number} [estimate] Seconds that everything may take.
   */
  constructor(out = /** @type {Output} */ (process.stdout), estimate) {
    this.#out = out;
    this.#estimate = estimate;
    this.#timer = out.isTTY
      ? setInterval(() => this.#draw(), 1000)
      : setInterval(() => this.#log(), QUIET_SECONDS * 1000);
  }

  /** @param {string} title */
  start(title) {
    const part = { title, detail: '', started: performance.now() };
    this.#parts.push(part);
    return {
      /** @param {string} text */
      status: (text) => {
        part.detail = text;
      },
      /** @param {string} end `✓ TITLE` or another mark. */
      end: (end) => {
        this.#parts = this.#parts.filter((other) => other !== part);
        this.print(`  ${end} (${seconds(part.started).toFixed(1)} s)`);
      },
    };
  }

  /**
   * Prints a line that stays.
   * @param {string} line
   */
  print(line) {
    const drawn = this.#drawn > 0;
    this.#erase();
    this.#out.write(`${line}\n`);
    if (drawn) this.#draw();
  }

  close() {
    clearInterval(this.#timer);
    this.#erase();
  }

  #draw() {
    this.#erase();
    const width = this.#out.columns || 80;
    const lines = this.#parts.map((part) => `  … ${textOf(part)}, ${whole(part.started)}`);
    if (this.#estimate) lines.push(`  … everything, ${this.#total()}`);
    for (const line of lines) this.#out.write(`${line.slice(0, width - 1)}\n`);
    this.#drawn = lines.length;
  }

  #erase() {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}A\r\x1b[J`);
    this.#drawn = 0;
  }

  #log() {
    if (this.#parts.length === 0) return;
    this.#out.write(`  … ${this.#parts.map(textOf).join('; ')}, ${this.#total()}\n`);
  }

  #total() {
    const passed = whole(this.#started);
    return this.#estimate ? `${passed} of about ${this.#estimate} s` : passed;
  }
}

/** @param {number} started */
const seconds = (started) => (performance.now() - started) / 1000;

/** @param {number} started */
const whole = (started) => `${Math.round(seconds(started))} s`;

/** @param {Part} part */
const textOf = ({ title, detail }) => title + (detail && `: ${detail}`);

/**
 * Shows the progress of a single part.
 * @template T
 * @param {string} title
 * @param {(status: (text: string) => void) => Promise<T>} work
 * @param {Output} [out]
 * @returns {Promise<T>}
 */
export async function showProgress(title, work, out) {
  const progress = new Progress(out);
  const { status, end } = progress.start(title);
  let mark = '✗';
  try {
    const result = await work(status);
    mark = '✓';
    return result;
  } finally {
    end(`${mark} ${title}`);
    progress.close();
  }
}
