/** Lines of each failure that the summary repeats. */
const REPEATED_LINES = 40;

/**
 * Reads ava's TAP output: prints a line for each test and the details of each failure, and counts. The summary repeats
 * the failures before the counts, so that the end of a long log shows them. The failure of a hook and the crash of a file
 * count as failed tests.
 */
export class TapSummary {
  passed = 0;
  failed = 0;
  skipped = 0;
  #failing = false;
  /** @type {string[][]} */
  #failures = [];

  /** @param {(line: string) => void} print */
  constructor(print) {
    this.print = print;
  }

  /** @param {string} line */
  read(line) {
    const [, not, title, directive] =
      /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? [];
    if (title !== undefined) this.#count(Boolean(not), title, directive);
    else if (this.#failing && /^\s/.test(line)) this.#explain(line);
    else if (/^#\s+\S/.test(line) && !/^# (tests|pass|fail|skip|todo) /.test(line))
      this.print(`  ${line}`);
  }

  /**
   * @param {boolean} failed
   * @param {string} title
   * @param {string | undefined} directive
   */
  #count(failed, title, directive) {
    this.#failing = failed && !directive;
    if (directive) this.skipped += 1;
    else if (failed) this.failed += 1;
    else this.passed += 1;
    const line = `  ${directive ? '-' : failed ? '✗' : '✓'} ${title}`;
    this.print(line);
    if (this.#failing) this.#failures.push([line]);
  }

  /** @param {string} line */
  #explain(line) {
    this.print(line);
    const failure = this.#failures.at(-1);
    if (failure && failure.length <= REPEATED_LINES) failure.push(line);
  }

  /** The failures, then the last line, e.g. `12 passed, 0 failed`. */
  toString() {
    const failures = this.#failures.map((lines) => `${lines.join('\n')}\n`);
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    return `${failures.join('')}${failures.length > 0 ? '\n' : ''}${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
