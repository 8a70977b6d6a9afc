import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './errors.js';
import type { Logger } from './logger.js';
import type { Notifier } from './notifier.js';

/**
 * A check of one part of a process. It reports only what a restart may repair. A degraded state, such as a full disk or
 * an unreachable broker, is not a fault.
 */
export interface Probe {
  readonly name: string;
  /** A check that takes longer than this, in milliseconds, is a fault. */
  readonly patienceMs?: number;
  /** The fault, for an operator; undefined if there is none. */
  check(): string | undefined | Promise<string | undefined>;
}

/** The interval of the checks if no service manager sets one. */
const EVERY_MS = 20_000;
const PATIENCE_MS = 10_000;

/**
 * Sends a heartbeat to the service manager while every probe is healthy and the event loop runs. With a fault it sends
 * none; unless the fault ends in time, the service manager restarts the process.
 */
export class Watchdog {
  readonly #probes: RunningProbe[];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #faultyProbes = '';

  constructor(
    probes: readonly Probe[],
    private readonly notifier: Notifier,
    private readonly log: Logger,
  ) {
    // The service manager restarts the process after three missing heartbeats.
    this.#everyMs = notifier.watchdogMs ? notifier.watchdogMs / 3 : EVERY_MS;
    const patienceMs = Math.min(PATIENCE_MS, this.#everyMs / 2);
    this.#probes = probes.map((probe) => new RunningProbe(probe, patienceMs));
  }

  /** Reports that the process is ready, and starts the checks. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#beat(), this.#everyMs).unref();
    await this.notifier.notify({ READY: '1', STATUS: 'Working' });
  }

  /** Ends the checks of services that restart in this process. */
  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Reports that the process stops, and ends the checks. */
  async stop(): Promise<void> {
    this.pause();
    await this.notifier.notify({ STOPPING: '1', STATUS: 'Stopping' });
  }

  async #beat(): Promise<void> {
    const found = await Promise.all(this.#probes.map((probe) => probe.result()));
    if (!this.#timer) return;
    const faults = found.filter((fault) => fault !== undefined);
    this.#report(faults);
    const status = faults.map(({ probe, fault }) => `${probe}: ${fault}`).join('; ');
    if (faults.length > 0) await this.notifier.notify({ STATUS: `Faulty: ${status}` });
    else await this.notifier.notify({ WATCHDOG: '1', STATUS: 'Working' });
  }

  /** Logs a fault once, when it begins. */
  #report(faults: Fault[]): void {
    const names = faults.map(({ probe }) => probe).join(', ');
    if (names === this.#faultyProbes) return;
    this.#faultyProbes = names;
    if (faults.length === 0) this.log.info('all probes healthy');
    const consequence = this.notifier.watchdogMs
      ? '; systemd will restart it unless the fault ends'
      : '';
    for (const { probe, fault } of faults)
      this.log.error({ probe }, `probe failed: ${fault}${consequence}`);
  }
}

interface Fault {
  probe: string;
  fault: string;
}

/** A probe and its current check; the next check waits for the result. */
class RunningProbe {
  #running: Promise<{ fault: string | undefined }> | undefined;
  #startedAt = 0;

  constructor(
    private readonly probe: Probe,
    private readonly waitMs: number,
  ) {}

  /** Waits a short time for the result. A probe with more patience may need several heartbeats. */
  async result(): Promise<Fault | undefined> {
    if (!this.#running) this.#startedAt = performance.now();
    this.#running ??= this.#check();
    const stop = new AbortController();
    const late = delay(this.waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    const outcome = await Promise.race([this.#running, late]);
    stop.abort();
    if (outcome) this.#running = undefined;
    const fault = outcome ? outcome.fault : this.#lateness();
    return fault === undefined ? undefined : { probe: this.probe.name, fault };
  }

  async #check(): Promise<{ fault: string | undefined }> {
    try {
      return { fault: await this.probe.check() };
    } catch (error) {
      return { fault: `the check failed: ${messageOf(error)}` };
    }
  }

  #lateness(): string | undefined {
    const elapsedMs = performance.now() - this.#startedAt;
    if (elapsedMs < (this.probe.patienceMs ?? this.waitMs)) return undefined;
    return `no response for ${Math.round(elapsedMs / 1000)} s`;
  }
}
