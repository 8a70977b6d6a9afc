import { execFile } from 'node:child_process';
import type { Summary } from '../../core/contract/summary.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';

export type ClockStatus = NonNullable<Summary['clock']>;

/** Prints `yes` or `no` if systemd runs. It reads the kernel's flag (adjtimex), which every time service sets. */
const COMMAND = ['timedatectl', 'show', '--property=NTPSynchronized', '--value'];
const DEADLINE_MS = 2_000;
const EVERY_MS = 60_000;
/** A machine without a battery clock starts before this time. */
const EARLIEST = Date.parse('2024-01-01T00:00:00Z');

/** Whether the system clock is synchronised. Checked once a minute in the background; `unknown` if the check fails. */
export class TimeSync implements Service {
  readonly name = 'time sync';
  #status: ClockStatus = 'unknown';
  #timer: NodeJS.Timeout | undefined;
  readonly #stopping = new AbortController();

  constructor(
    private readonly clock: Clock = systemClock,
    private readonly command = COMMAND,
    private readonly everyMs = EVERY_MS,
  ) {}

  async start(): Promise<void> {
    await this.#refresh();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  get status(): ClockStatus {
    return this.clock() < EARLIEST ? 'unsynchronised' : this.#status;
  }

  /** Milliseconds since the Unix epoch; 0 while the clock is not synchronised. */
  now(): number {
    return this.status === 'unsynchronised' ? 0 : this.clock();
  }

  async #refresh(): Promise<void> {
    this.#status = await this.#check();
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#refresh(), this.everyMs).unref();
  }

  #check(): Promise<ClockStatus> {
    const [program = '', ...args] = this.command;
    const options = { timeout: DEADLINE_MS, signal: this.#stopping.signal };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout) => {
        const output = error ? '' : stdout.trim();
        if (output === 'yes') resolve('synchronised');
        else resolve(output === 'no' ? 'unsynchronised' : 'unknown');
      });
    });
  }
}
