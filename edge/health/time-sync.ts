import { execFile } from 'node:child_process';
import type { Summary } from '../../core/contract/summary.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';

export type ClockStatus = NonNullable<Summary['clock']>;

/** Prints `yes` or `no` where systemd runs; the kernel's own flag (adjtimex), whichever program keeps the time. */
const COMMAND = ['timedatectl', 'show', '--property=NTPSynchronized', '--value'];
const DEADLINE_MS = 2_000;
const EVERY_MS = 60_000;
/** A box without a battery clock wakes up before this; no snapshot was. */
const EARLIEST = Date.parse('2024-01-01T00:00:00Z');

/** Whether the clock can be trusted. Asked once a minute, in the background; what cannot be found out is `unknown`. */
export class TimeSync implements Service {
  readonly name = 'clock trust';
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

  /** Milliseconds since the Unix epoch; 0 while the time is known to be untrusted. */
  now(): number {
    return this.status === 'unsynchronised' ? 0 : this.clock();
  }

  async #refresh(): Promise<void> {
    this.#status = await this.#ask();
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#refresh(), this.everyMs).unref();
  }

  #ask(): Promise<ClockStatus> {
    const [program = '', ...args] = this.command;
    const options = { timeout: DEADLINE_MS, signal: this.#stopping.signal };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout) => {
        const answer = error ? '' : stdout.trim();
        if (answer === 'yes') resolve('synchronised');
        else resolve(answer === 'no' ? 'unsynchronised' : 'unknown');
      });
    });
  }
}
