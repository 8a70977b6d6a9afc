import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './errors.js';
import type { Logger } from './logger.js';
import type { Notifier } from './notifier.js';

/**
 * Something that goes on for as long as a process works. A fault is what a restart may mend; what is known to be
 * degraded, such as a full disk or a broker that is away, is none.
 */
export interface Probe {
  readonly name: string;
  /** A check that takes longer, in milliseconds, is a fault itself. */
  readonly patienceMs?: number;
  /** What is wrong, for an operator; undefined where nothing is. */
  check(): string | undefined | Promise<string | undefined>;
}

/** How often the probes are asked where no service manager says so. */
const EVERY_MS = 20_000;
const PATIENCE_MS = 10_000;

/**
 * Tells the service manager that the process works for as long as every probe says so, and it itself gets its turn in
 * the event loop. With a fault it keeps silent, and unless that goes away the manager starts the process anew.
 */
export class Watchdog {
  readonly #probes: RunningProbe[];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #faulty = '';

  constructor(
    probes: readonly Probe[],
    private readonly notifier: Notifier,
    private readonly log: Logger,
  ) {
    // Two beats may be lost before the third is too late.
    this.#everyMs = notifier.watchdogMs ? notifier.watchdogMs / 3 : EVERY_MS;
    const patienceMs = Math.min(PATIENCE_MS, this.#everyMs / 2);
    this.#probes = probes.map((probe) => new RunningProbe(probe, patienceMs));
  }

  /** The process is ready, and watched from now on. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#beat(), this.#everyMs).unref();
    await this.notifier.tell({ READY: '1', STATUS: 'Working' });
  }

  /** The process ends by itself now. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.notifier.tell({ STOPPING: '1', STATUS: 'Stopping' });
  }

  async #beat(): Promise<void> {
    const found = await Promise.all(this.#probes.map((probe) => probe.ask()));
    if (!this.#timer) return;
    const faults = found.filter((fault) => fault !== undefined);
    this.#report(faults);
    const status = faults.map(({ probe, fault }) => `${probe}: ${fault}`).join('; ');
    if (faults.length > 0) await this.notifier.tell({ STATUS: `Faulty: ${status}` });
    else await this.notifier.tell({ WATCHDOG: '1', STATUS: 'Working' });
  }

  /** A fault is said once, when it begins. */
  #report(faults: Fault[]): void {
    const faulty = faults.map(({ probe }) => probe).join(', ');
    if (faulty === this.#faulty) return;
    this.#faulty = faulty;
    if (faults.length === 0) this.log.info('everything goes on again');
    for (const { probe, fault } of faults)
      this.log.error({ probe }, `${fault}; unless this ends, the service manager is to start anew`);
  }
}

interface Fault {
  probe: string;
  fault: string;
}

/** A probe and what it was asked last; it is not asked again before it has answered. */
class RunningProbe {
  #asked: Promise<{ fault: string | undefined }> | undefined;
  #askedAt = 0;

  constructor(
    private readonly probe: Probe,
    private readonly waitMs: number,
  ) {}

  /** Waits a little for the answer, and longer over several beats where the probe has more patience. */
  async ask(): Promise<Fault | undefined> {
    if (!this.#asked) this.#askedAt = performance.now();
    this.#asked ??= this.#check();
    const stop = new AbortController();
    const late = delay(this.waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    const answer = await Promise.race([this.#asked, late]);
    stop.abort();
    if (answer) this.#asked = undefined;
    const fault = answer ? answer.fault : this.#lateness();
    return fault === undefined ? undefined : { probe: this.probe.name, fault };
  }

  async #check(): Promise<{ fault: string | undefined }> {
    try {
      return { fault: await this.probe.check() };
    } catch (error) {
      return { fault: `it cannot be asked: ${messageOf(error)}` };
    }
  }

  #lateness(): string | undefined {
    const elapsedMs = performance.now() - this.#askedAt;
    if (elapsedMs < (this.probe.patienceMs ?? this.waitMs)) return undefined;
    return `it has not answered for ${Math.round(elapsedMs / 1000)} s`;
  }
}
