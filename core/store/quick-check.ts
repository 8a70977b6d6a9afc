import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Checks in this process would block it; `quick_check` cannot be interrupted, but its process can be ended. */
const PROGRAM = fileURLToPath(new URL('./quick-check-process.js', import.meta.url));

/** What a check found, undefined if nothing is wrong; `failed` if the file could not be checked. */
export type CheckResult = { fault: string | undefined } | 'not finished' | 'failed';

/** SQLite's `quick_check` of a database, in a process of its own. Nothing is changed. */
export class QuickCheck {
  readonly #child: ChildProcess;
  readonly #result: Promise<CheckResult>;
  #output = '';

  constructor(file: string, pragma: 'quick_check' | 'integrity_check' = 'quick_check') {
    this.#child = spawn(process.execPath, [PROGRAM, file, pragma], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#result = new Promise((resolve) => {
      this.#child.once('error', () => resolve('failed'));
      this.#child.once('close', (code) => resolve(this.#resultOf(code)));
    });
  }

  /** Resolves with the result, or `not finished` after so long; the check then goes on. */
  async within(ms: number): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve('not finished'), ms);
    });
    const result = await Promise.race([this.#result, late]);
    clearTimeout(timer);
    return result;
  }

  /** Ends the check. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#result;
  }

  /** The process prints JSON; without it, it was ended or could not run, which says nothing of the database. */
  #resultOf(code: number | null): CheckResult {
    if (code !== 0) return 'failed';
    const [fault] = JSON.parse(this.#output) as [string | null];
    return { fault: fault ?? undefined };
  }
}
