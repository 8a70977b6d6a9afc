import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyRoot } from '../../scripts/lib/debian-root.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

const BOOT_DEADLINE_MS = 180_000;
const STOP_DEADLINE_MS = 60_000;
/** systemd as PID 1 powers off at this signal. */
const POWER_OFF = 'SIGRTMIN+4';

interface ShellOptions {
  input?: string;
  timeoutMs?: number;
}

interface ShellOutcome {
  status: number | null;
  output: string;
  errors: string;
}

/** A Debian system that boots with its own systemd and without a network, from a copy of a root. */
export class Machine {
  readonly #folder: string;
  readonly #log: string;
  #container: ChildProcess | undefined;
  #ended: Promise<unknown> | undefined;
  #init: number | undefined;

  constructor(folder: string, log: string) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Copies `files` (inside → outside) into the machine, then boots it. */
  async boot(root: string, files: Record<string, string> = {}): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await copyRoot(root, this.#folder, this.#log);
    for (const [inside, outside] of Object.entries(files))
      cpSync(outside, join(this.#folder, inside), { recursive: true });
    const output = openSync(this.#log, 'a');
    const args = ['--boot', '--private-network', '--register=no', '--keep-unit', '--console=pipe'];
    // Debian 12's systemd-nspawn does not let a service within confine its own processes, as a real machine does.
    const calls = ['create_ruleset', 'add_rule', 'restrict_self'].map((name) => `landlock_${name}`);
    args.push(`--system-call-filter=${calls.join(' ')}`);
    const container = spawn('systemd-nspawn', [...args, '--quiet', `--directory=${this.#folder}`], {
      stdio: ['ignore', output, output],
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    });
    closeSync(output);
    this.#container = container;
    this.#ended = new Promise((resolve) => {
      container.once('error', resolve);
      container.once('exit', resolve);
    });
    await this.#untilUp(container);
  }

  /** Waits for the end of the boot. `degraded` counts too: some units cannot work in a container. */
  async #untilUp(container: ChildProcess): Promise<void> {
    const deadline = Date.now() + BOOT_DEADLINE_MS;
    while (Date.now() < deadline && container.exitCode === null) {
      await sleep(500);
      this.#init ??= initOf(container.pid);
      if (this.#init === undefined) continue;
      const { output } = this.try('systemctl is-system-running');
      if (/^(running|degraded)$/m.test(output)) return;
    }
    throw new Problem(`The machine does not boot; see ${this.#log}`);
  }

  /** Runs shell commands in it as root. */
  try(script: string, { input, timeoutMs = 600_000 }: ShellOptions = {}): ShellOutcome {
    const inside = ['--target', String(this.#init), '--all', '--root', '--wd'];
    const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];
    const shell = ['env', '--ignore-environment', ...environment, 'sh', '-c', script];
    const { status, stdout, stderr, error } = spawnSync('nsenter', [...inside, ...shell], {
      input,
      encoding: 'utf8',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64e6,
    });
    return { status, output: stdout ?? '', errors: error?.message ?? stderr };
  }

  /** What shell commands print. Throws a Problem if they fail. */
  run(script: string, options?: ShellOptions): string {
    const { status, output, errors } = this.try(script, options);
    if (status !== 0)
      throw new Problem(
        `${script.split('\n')[0]}: exit code ${status}: ${errors.trim() || output}`,
      );
    return output.trim();
  }

  /** Repeats shell commands until they succeed; resolves with the seconds that it took. */
  async until(script: string, what: string, timeoutMs = 60_000): Promise<number> {
    const started = Date.now();
    while (this.try(script).status !== 0) {
      if (Date.now() - started > timeoutMs)
        throw new Problem(`${what}: not within ${timeoutMs / 1000} s`);
      await sleep(250);
    }
    return (Date.now() - started) / 1000;
  }

  /** Gives it a network card that leads nowhere, with these addresses. */
  addAddresses(addresses: string[]): void {
    const ip = (...words: string[]) => {
      const { status, stderr } = spawnSync('nsenter', [...this.networkWords, 'ip', ...words], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Problem(`ip ${words.join(' ')}: ${stderr}`);
    };
    ip('link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan-peer');
    for (const address of addresses) ip('address', 'add', `${address}/24`, 'dev', 'lan');
    for (const card of ['lan', 'lan-peer']) ip('link', 'set', card, 'up');
  }

  /** The options with which nsenter runs a program of the host in the machine's network. */
  get networkWords(): string[] {
    return ['--target', String(this.#init), '--net'];
  }

  /** The space that is used on its disk, without what apt has downloaded. */
  usedMegabytes(): number {
    const kept = ['/var/cache/apt', '/var/log', '/root', '/srv'].map((path) => `--exclude=${path}`);
    return Math.round(Number(this.run(`du -sxk ${kept.join(' ')} / | cut -f1`)) / 1000);
  }

  /** Powers it off and removes it. It may boot again. */
  async stop(): Promise<void> {
    const container = this.#container;
    if (container) {
      if (this.#init !== undefined)
        spawnSync('kill', [`--signal=${POWER_OFF}`, String(this.#init)]);
      const late = setTimeout(() => container.kill('SIGKILL'), STOP_DEADLINE_MS);
      await this.#ended;
      clearTimeout(late);
      this.#container = undefined;
      this.#init = undefined;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** PID 1 of the container, among the children of systemd-nspawn; undefined before it starts. */
function initOf(container: number | undefined): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      if (parent === container && /^NSpid:\s+\d+\s+1$/m.test(status)) return Number(pid);
    } catch {
      // The process has ended.
    }
  }
  return undefined;
}
