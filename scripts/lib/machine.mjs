import { spawn, spawnSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyRoot } from './debian-root.mjs';
import { Problem } from './problem.mjs';

const BOOT_DEADLINE_MS = 180_000;
const STOP_DEADLINE_MS = 60_000;
/** systemd's PID 1 takes it for `systemctl poweroff`. */
const POWER_OFF = 'SIGRTMIN+4';

/** A Debian system that boots with a systemd of its own and without a network, from a copy of a root. */
export class Machine {
  #folder;
  #log;
  #container;
  #ended;
  #init;

  constructor(folder, log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** `files` of this machine are there when it boots, by their paths in it. */
  async boot(root, files = {}) {
    rmSync(this.#folder, { recursive: true, force: true });
    await copyRoot(root, this.#folder, this.#log);
    for (const [inside, outside] of Object.entries(files))
      cpSync(outside, join(this.#folder, inside), { recursive: true });
    const output = openSync(this.#log, 'a');
    const args = ['--boot', '--private-network', '--register=no', '--keep-unit', '--console=pipe'];
    this.#container = spawn('systemd-nspawn', [...args, '--quiet', `--directory=${this.#folder}`], {
      stdio: ['ignore', output, output],
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    });
    closeSync(output);
    this.#ended = new Promise((resolve) => {
      this.#container.once('error', resolve);
      this.#container.once('exit', resolve);
    });
    await this.#untilUp();
  }

  /** Waits for what the boot starts; `degraded` counts, as a container has units that cannot work in it. */
  async #untilUp() {
    const deadline = Date.now() + BOOT_DEADLINE_MS;
    while (Date.now() < deadline && this.#container.exitCode === null) {
      await sleep(500);
      this.#init ??= initOf(this.#container.pid);
      if (this.#init === undefined) continue;
      const { output } = this.try('systemctl is-system-running');
      if (/^(running|degraded)$/m.test(output)) return;
    }
    throw new Problem(`The machine does not boot; see ${this.#log}`);
  }

  /** Runs a line of shell as root in it. */
  try(script, { input, timeoutMs = 600_000 } = {}) {
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

  /** What a line of shell prints. Throws a Problem where it fails. */
  run(script, options) {
    const { status, output, errors } = this.try(script, options);
    if (status !== 0)
      throw new Problem(
        `${script.split('\n')[0]}: exit code ${status}: ${errors.trim() || output}`,
      );
    return output.trim();
  }

  /** Asks again and again until a line of shell ends well; resolves with the seconds that it took. */
  async until(script, what, timeoutMs = 60_000) {
    const started = Date.now();
    while (this.try(script).status !== 0) {
      if (Date.now() - started > timeoutMs)
        throw new Problem(`${what}: not within ${timeoutMs / 1000} s`);
      await sleep(250);
    }
    return (Date.now() - started) / 1000;
  }

  async stop() {
    if (this.#container) {
      if (this.#init !== undefined)
        spawnSync('kill', [`--signal=${POWER_OFF}`, String(this.#init)]);
      const late = setTimeout(() => this.#container.kill('SIGKILL'), STOP_DEADLINE_MS);
      await this.#ended;
      clearTimeout(late);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The process that is PID 1 in the container, among those below systemd-nspawn; undefined before there is one. */
function initOf(container) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      if (parent === container && /^NSpid:\s+\d+\s+1$/m.test(status)) return Number(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}
