import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../scripts/lib/problem.mjs';
import type { Container, Docker } from './docker.js';

interface ComposeOptions {
  files: string[];
  env: Record<string, string>;
  profile?: string;
}

/** A project of Compose: its files, its variables, and commands on it. */
export class Compose {
  readonly #docker: Docker;
  readonly #env: Record<string, string>;
  readonly #prefix: string[];

  constructor(docker: Docker, { files, env, profile }: ComposeOptions) {
    this.#docker = docker;
    this.#env = env;
    this.#prefix = ['compose', ...files.flatMap((file) => ['--file', file])];
    if (profile) this.#prefix.push('--profile', profile);
  }

  async up(...args: string[]): Promise<void> {
    const options = { env: this.#env, failure: 'docker compose up fails' };
    await this.#docker.run([...this.#prefix, 'up', '--detach', '--quiet-pull', ...args], options);
  }

  /** Removes everything, volumes included. */
  async down(): Promise<void> {
    const args = ['down', '--volumes', '--timeout', '20', '--remove-orphans'];
    await this.#docker.run([...this.#prefix, ...args], { env: this.#env });
  }

  output(...args: string[]): string {
    return this.#docker.output([...this.#prefix, ...args], { env: this.#env });
  }

  exec(service: string, ...command: string[]): string {
    return this.output('exec', '--no-TTY', service, ...command);
  }

  /** The containers of the named services; all containers if none is named. */
  containers(...services: string[]): Container[] {
    const ids = this.output('ps', '--all', '--quiet', ...services)
      .split('\n')
      .filter(Boolean);
    return ids.map((id) => this.#docker.inspect(id));
  }

  /** The only container of a service, or its first one. */
  container(service: string): Container {
    const [first] = this.containers(service);
    if (!first) throw new Problem(`the service ${service} has no container`);
    return first;
  }

  /** Waits until every container is healthy; a one-shot container has to exit with code 0. */
  async untilHealthy(withinMs = 240_000): Promise<void> {
    await eventually(
      'the containers are not healthy',
      withinMs,
      () =>
        this.containers().every(({ State: { Status, Health, ExitCode } }) =>
          Status === 'exited' ? ExitCode === 0 : Health?.Status === 'healthy',
        ) ||
        this.containers()
          .map(({ Name, State }) => `${Name.slice(1)} ${State.Health?.Status ?? State.Status}`)
          .join(', '),
    );
  }
}

/** The memory of each running container by Docker's count: rows of name and size. */
export function memoryOf(docker: Docker, project: Compose): string[][] {
  const names = project
    .containers()
    .filter(({ State }) => State.Running)
    .map(({ Name }) => Name.slice(1));
  const lines = docker.output([
    'stats',
    '--no-stream',
    '--format',
    '{{.Name}}\t{{.MemUsage}}',
    ...names,
  ]);
  return lines.split('\n').map((line) => line.split(/\t| \/ /).slice(0, 2));
}

/** Checks the hardening of every container, except the one-shot that sets the owners of volumes. */
export function requireHardened(project: Compose): void {
  for (const { Name, Config, HostConfig } of project.containers()) {
    const service = Config.Labels['com.docker.compose.service'];
    if (service === 'acme') continue;
    const is = (condition: unknown, what: string) => must(condition, `${Name} ${what}`);
    is(HostConfig.CapDrop?.includes('ALL'), 'keeps capabilities');
    is(HostConfig.SecurityOpt?.includes('no-new-privileges:true'), 'can gain privileges');
    is(HostConfig.ReadonlyRootfs, 'has a writable root file system');
    if (service === 'owners') continue;
    is(Config.User && !/^(0|root)(:|$)/.test(Config.User), 'runs as root');
    is(
      HostConfig.Memory > 0 && HostConfig.PidsLimit > 0 && HostConfig.NanoCpus > 0,
      'has no limits',
    );
  }
}

/** Repeats a question until the answer is true. After the deadline the Problem contains the last answer, if a text. */
export async function eventually(
  otherwise: string,
  withinMs: number,
  ask: () => boolean | string | Promise<boolean | string>,
): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    let answer: boolean | string;
    try {
      answer = await ask();
    } catch (error) {
      answer = error instanceof Error ? error.message : String(error);
    }
    if (answer === true) return;
    if (performance.now() > until)
      throw new Problem(`${otherwise} within ${withinMs / 1000} s${answer ? `: ${answer}` : ''}`);
    await sleep(500);
  }
}

/** Makes the secrets as an operator does, in a new folder. */
export function makeSecrets(root: string, runFolder: string): string {
  const folder = mkdtempSync(join(runFolder, 'secrets-'));
  const { status, stderr } = spawnSync(join(root, 'deploy', 'make-secrets'), [folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Problem(`deploy/make-secrets: ${stderr}`);
  return folder;
}

/** Writes a file that a container's user can read, and returns its path. */
export function fileFor(runFolder: string, text: string): string {
  const file = join(runFolder, randomBytes(6).toString('hex'));
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

export function must(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new Problem(otherwise);
}
