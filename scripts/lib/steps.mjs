import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interrupted } from './problem.mjs';
import { Progress } from './progress.mjs';

/** @import { Output } from './progress.mjs' */

/**
 * What a step gets to work with.
 * @typedef {object} Work
 * @property {(text: string) => void} status Shows what the step is doing.
 * @property {(line: string) => void} print Prints lines that stay.
 * @property {AbortSignal} signal Aborted if another step fails or a person stops the set-up.
 * @property {string} log The step's own log file, empty at its start.
 */

/**
 * One step of a set-up.
 * @typedef {object} Step
 * @property {string} title
 * @property {string[]} [after] The titles of the steps that have to end before it starts.
 * @property {boolean} [compiles] Whether it waits for one of the processors; all but one are for these.
 * @property {boolean} [finishes] Whether it ends what it began, even if the others are stopped.
 * @property {number} seconds How long it takes: an estimate.
 * @property {() => string | undefined} check Describes what the step would do; undefined if nothing is missing.
 * @property {() => void} [prepare] Asks a person for what the step needs, before any step starts.
 * @property {(work: Work) => Promise<string | undefined | void>} run Resolves with a reason if it did not do its work and
 *   a later step will.
 */

/** @typedef {{ logs: string, processors?: number, out?: Output }} Options */

/**
 * Lists what is missing, then runs the steps that supply it, each as soon as the steps that it comes after have ended.
 * Each step checks again before it runs, because an earlier step may have changed the answer. If a step fails, or a person
 * stops the set-up, the others are stopped, and those that have not started do not start.
 * @param {Step[]} steps
 * @param {Options} options
 */
export async function runSteps(steps, { logs, processors = 2, out = process.stdout }) {
  const missing = steps.filter((step) => step.check() !== undefined);
  if (missing.length === 0) return;
  const estimate = estimateOf(missing, processors);
  const plan = missing.map((step) => `  - ${step.check()}\n`).join('');
  out.write(`Set-up will:\n${plan}\n  This takes about ${estimate} s on two processors.\n`);
  for (const step of missing) step.prepare?.();
  mkdirSync(logs, { recursive: true });
  const started = performance.now();
  const progress = new Progress(out, estimate);
  try {
    await new Run(steps, { logs, processors, progress }).end();
  } finally {
    progress.close();
  }
  out.write(`  The set-up took ${Math.round((performance.now() - started) / 1000)} s.\n`);
}

/**
 * The longest chain of steps, or the work for all processors if that is more, in seconds.
 * @param {Step[]} steps
 * @param {number} processors
 */
function estimateOf(steps, processors) {
  /** @type {(step: Step) => number} */
  const endOf = ({ seconds, after = [] }) =>
    seconds + Math.max(0, ...steps.filter(({ title }) => after.includes(title)).map(endOf));
  const work = steps.reduce((sum, { seconds }) => sum + seconds, 0) / processors;
  return Math.ceil(Math.max(work, ...steps.map(endOf)) / 10) * 10;
}

/** One run of steps beside each other. */
class Run {
  #waiting;
  #options;
  /** @type {Map<Step, Promise<void>>} */
  #running = new Map();
  #stop = new AbortController();
  /** @type {unknown} */
  #failure;

  /**
   * @param {Step[]} steps
   * @param {{ logs: string, processors: number, progress: Progress }} options
   */
  constructor(steps, options) {
    this.#waiting = [...steps];
    this.#options = options;
  }

  /** Resolves when every step has ended; throws what the first one threw that failed. */
  async end() {
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    /** @param {'SIGINT' | 'SIGTERM' | 'SIGHUP'} signal */
    const interrupt = (signal) => this.#fail(new Interrupted(signal));
    for (const name of signals) process.on(name, interrupt);
    try {
      for (this.#startReady(); this.#running.size > 0; this.#startReady())
        await Promise.race(this.#running.values());
    } finally {
      for (const name of signals) process.off(name, interrupt);
    }
    if (this.#failure) throw this.#failure;
    if (this.#waiting.length > 0)
      throw new Error(`steps that wait for each other: ${this.#waiting.map(({ title }) => title)}`);
  }

  /**
   * @param {unknown} reason
   * @param {Step} [failed]
   */
  #fail(reason, failed) {
    if (this.#failure) return;
    this.#failure = reason;
    this.#stop.abort();
    for (const { title, finishes } of this.#running.keys())
      if (finishes && title !== failed?.title)
        this.#options.progress.print(`  Waiting for ${title}, which may not stop halfway.`);
  }

  #startReady() {
    for (const step of [...this.#waiting]) {
      if (this.#stop.signal.aborted || !this.#isReady(step)) continue;
      this.#waiting.splice(this.#waiting.indexOf(step), 1);
      this.#running.set(
        step,
        this.#run(step).finally(() => this.#running.delete(step)),
      );
    }
  }

  /** @param {Step} step */
  #isReady({ after = [], compiles }) {
    const pending = [...this.#waiting, ...this.#running.keys()];
    if (pending.some(({ title }) => after.includes(title))) return false;
    const compiling = [...this.#running.keys()].filter((step) => step.compiles);
    return !compiles || compiling.length < Math.max(1, this.#options.processors - 1);
  }

  /** @param {Step} step */
  async #run(step) {
    const { logs, progress } = this.#options;
    const { signal } = this.#stop;
    const log = join(logs, `${step.title.replace(/\W+/g, ' ').trim().replaceAll(' ', '-')}.log`);
    const print = (/** @type {string} */ line) => progress.print(line);
    /** @type {ReturnType<Progress['start']> | undefined} */
    let part;
    try {
      if (step.check() === undefined) return;
      writeFileSync(log, '');
      part = progress.start(step.title);
      const skipped = await step.run({ status: part.status, print, signal, log });
      part.end(skipped ? `– ${step.title}: ${skipped}` : `✓ ${step.title}`);
    } catch (error) {
      part?.end(signal.aborted ? `– ${step.title}, stopped` : `✗ ${step.title}`);
      this.#fail(error, step);
    }
  }
}
