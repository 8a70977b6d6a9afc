import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pretty from 'pino-pretty';

const STOP_DEADLINE_MS = 12_000;
/** Bounds the heap's young generation: docs/performance.md says what it saves. */
const NODE_ARGUMENTS = ['--max-semi-space-size=4'];
/** Gives the memory of uploads back to the system once they are dealt with. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '81920', MALLOC_TRIM_THRESHOLD_: '65536' };

/** Turns a line of pino's JSON into one for people; leaves any other line as it is. */
const createFormat = () =>
  pretty.prettyFactory({
    colorize: Boolean(process.stdout.isTTY),
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });

/** One of the demo's two programs, with its log printed for people to read. */
export class ServiceProcess {
  /** Resolves with how it ended, whoever ended it. */
  ended;
  #service;
  #root;
  #child;

  constructor(service, root) {
    this.#service = service;
    this.#root = root;
  }

  start() {
    const { program, config, settings, title, prefix } = this.#service;
    const set = Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
    // In a process group of its own, so that Ctrl-C reaches this script alone, which stops it in order.
    const args = [...NODE_ARGUMENTS, program, '--config', config, ...set];
    const child = spawn(process.execPath, args, {
      cwd: this.#root,
      detached: true,
      env: { ...process.env, ...ALLOCATOR },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const format = createFormat();
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

  /** Asks it to end, and ends it where it does not do so in time. */
  async stop() {
    this.#child.kill('SIGTERM');
    const late = new AbortController();
    const deadline = sleep(STOP_DEADLINE_MS, 'late', late).catch(() => 'ended');
    if ((await Promise.race([this.ended, deadline])) === 'late') this.#child.kill('SIGKILL');
    late.abort();
    await this.ended;
  }
}
