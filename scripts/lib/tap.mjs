/**
 * Reads the TAP that ava writes: prints a line a test, what failed in full, and counts.
 * What is no test but failed (a hook, a crash of a file) counts as failed.
 */
export class TapSummary {
  passed = 0;
  failed = 0;
  skipped = 0;
  #failing = false;

  constructor(print) {
    this.print = print;
  }

  read(line) {
    const [, not, title, directive] =
      /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? [];
    if (title !== undefined) this.#count(Boolean(not), title, directive);
    else if (this.#failing && /^\s/.test(line)) this.print(line);
    else if (/^#\s+\S/.test(line) && !/^# (tests|pass|fail|skip|todo) /.test(line))
      this.print(`  ${line}`);
  }

  #count(failed, title, directive) {
    this.#failing = failed && !directive;
    if (directive) this.skipped += 1;
    else if (failed) this.failed += 1;
    else this.passed += 1;
    this.print(`  ${directive ? '-' : failed ? '✗' : '✓'} ${title}`);
  }

  /** The closing line, e.g. `12 passed, 0 failed`. */
  toString() {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
