import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

export type Launch = (log: number) => ChildProcess;

/** One of the harness's own programs; it ends with the harness. */
export const harnessProgram =
  (module: URL, args: () => object): Launch =>
  (log) =>
    fork(module, [JSON.stringify(args())], {
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: ['--enable-source-maps'],
    });

/** Any other program; the kernel ends it with the harness. */
export const program =
  (command: string, args: () => string[], environment: Record<string, string> = {}): Launch =>
  (log) =>
    spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args()], {
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, ...environment },
    });

/** A process that may be killed and started again any number of times. What it prints goes to one log. */
export class MortalProcess {
  #child: ChildProcess | undefined;

  constructor(
    private readonly launch: Launch,
    private readonly logFile: string,
  ) {}

  get child(): ChildProcess | undefined {
    return this.#child;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  start(): void {
    const log = openSync(this.logFile, 'a');
    this.#child = this.launch(log);
    closeSync(log);
  }

  /** As a loss of power ends it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}
