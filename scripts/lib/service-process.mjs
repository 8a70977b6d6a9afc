import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { prettyFactory } from 'pino-pretty';

const STOP_DEADLINE_MS = 12_000;
/** Bounds the heap's young generation; docs/performance.md gives the effect. */
const NODE_ARGUMENTS = ['--max-semi-space-size=4'];
/** Returns the memory of uploads to the system after they are processed. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '81920', MALLOC_TRIM_THRESHOLD_: '65536' };

/**
 * One of the demo's two programs.
 * @typedef {object} Service
 * @property {string} title
 * @property {string} prefix What each line of its output begins with.
 * @property {string} program
 * @property {string} config
 * @property {Record<string, string | number>} settings
 */

/** @typedef {{ title: string, how: string }} Ended */

/** Formats a line of pino's JSON for people; leaves any other line as it is. */
const createFormat = () =>
  prettyFactory({
    colorize: Boolean(process.stdout.isTTY),
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });

/** A running program of the demo, with its log printed for people. */
export class ServiceProcess {
  /**
   * Resolves with how it ended, for whatever reason.
   * @type {Promise<Ended>}
   */
  ended = new Promise(() => undefined);
  #service;
  #root;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;

  /**
   * @param {Service} service
   * @param {string} root
   */
  constructor(service, root) {
    this.#service = service;
    this.#root = root;
  }

  start() {
    const { program, config, settings, title, prefix } = this.#service;
    const set = Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
    // In its own process group: Ctrl-C reaches this script alone, which then stops both programs in order.
    const args = [...NODE_ARGUMENTS, program, '--config', config, ...set];
    const child = spawn(process.execPath, args, {
      cwd: this.#root,
      detached: true,
      env: { ...process.env, ...ALLOCATOR },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const format = createFormat();
    /** @param {string} line */
    const print = (line) => {
      for (const part of format(line).trimEnd().split('\n')) console.log(`${prefix} ${part}`);
    };
    createInterface({ input: child.stdout }).on('line', print);
    createInterface({ input: child.stderr }).on('line', print);
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({ title, how: error.message }));
      child.once('close', (code, signal) => resolve({ title, how: signal ?? `exit code ${code}` }));
    });
  }

  /** Sends SIGTERM, then SIGKILL if it does not end in time. */
  async stop() {
    this.#child?.kill('SIGTERM');
    const late = new AbortController();
    const deadline = sleep(STOP_DEADLINE_MS, 'late', { signal: late.signal }).catch(() => 'ended');
    if ((await Promise.race([this.ended, deadline])) === 'late') this.#child?.kill('SIGKILL');
    late.abort();
    await this.ended;
  }
}
