/** Lines of each failure that the summary repeats. */
const REPEATED_LINES = 40;

/**
 * Reads the TAP that ava writes: prints a line a test, what failed in full, and counts. What failed stands once
 * more before the counts, where the end of a long log shows it.
 * What is no test but failed (a hook, a crash of a file) counts as failed.
 */
export class TapSummary {
  passed = 0;
  failed = 0;
  skipped = 0;
  #failing = false;
  #failures = [];

  constructor(print) {
    this.print = print;
  }

  read(line) {
    const [, not, title, directive] =
      /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? [];
    if (title !== undefined) this.#count(Boolean(not), title, directive);
    else if (this.#failing && /^\s/.test(line)) this.#explain(line);
    else if (/^#\s+\S/.test(line) && !/^# (tests|pass|fail|skip|todo) /.test(line))
      this.print(`  ${line}`);
  }

  #count(failed, title, directive) {
    this.#failing = failed && !directive;
    if (directive) this.skipped += 1;
    else if (failed) this.failed += 1;
    else this.passed += 1;
    const line = `  ${directive ? '-' : failed ? '✗' : '✓'} ${title}`;
    this.print(line);
    if (this.#failing) this.#failures.push([line]);
  }

  #explain(line) {
    this.print(line);
    const failure = this.#failures.at(-1);
    if (failure.length <= REPEATED_LINES) failure.push(line);
  }

  /** What failed, then the closing line, e.g. `12 passed, 0 failed`. */
  toString() {
    const failures = this.#failures.map((lines) => `${lines.join('\n')}\n`);
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    return `${failures.join('')}${failures.length > 0 ? '\n' : ''}${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
