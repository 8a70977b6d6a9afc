import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../problem.mjs';

/** A project of Compose: its files, its variables, and what is asked of it. */
export class Compose {
  constructor(docker, { files, env, profile }) {
    this.docker = docker;
    this.env = env;
    this.prefix = ['compose', ...files.flatMap((file) => ['--file', file])];
    if (profile) this.prefix.push('--profile', profile);
  }

  async up(...args) {
    const options = { env: this.env, failure: 'docker compose up fails' };
    await this.docker.run([...this.prefix, 'up', '--detach', '--quiet-pull', ...args], options);
  }

  /** Takes everything away, volumes included. */
  async down() {
    await this.docker.run(
      [...this.prefix, 'down', '--volumes', '--timeout', '20', '--remove-orphans'],
      {
        env: this.env,
      },
    );
  }

  output(...args) {
    return this.docker.output([...this.prefix, ...args], { env: this.env });
  }

  exec(service, ...command) {
    return this.output('exec', '--no-TTY', service, ...command);
  }

  /** The containers of a service, by name; of all where none is named. */
  containers(...services) {
    const ids = this.output('ps', '--all', '--quiet', ...services)
      .split('\n')
      .filter(Boolean);
    return ids.map((id) => this.docker.inspect(id));
  }

  /** Waits until every container is healthy, or has ended well where that is its work. */
  async settled(withinMs = 240_000) {
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

/** What each running container takes, as Docker counts it. */
export function memoryOf(docker, project) {
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

/** What every container of the compose files promises, but for the one-shot that gives volumes to their users. */
export function hardened(project) {
  for (const { Name, Config, HostConfig } of project.containers()) {
    const service = Config.Labels['com.docker.compose.service'];
    if (service === 'acme') continue;
    const is = (condition, what) => must(condition, `${Name} ${what}`);
    is(HostConfig.CapDrop?.includes('ALL'), 'keeps capabilities');
    is(HostConfig.SecurityOpt?.includes('no-new-privileges:true'), 'may gain privileges');
    is(HostConfig.ReadonlyRootfs, 'has a writable root');
    if (service === 'owners') continue;
    is(Config.User && !/^(0|root)(:|$)/.test(Config.User), 'is root’s');
    is(
      HostConfig.Memory > 0 && HostConfig.PidsLimit > 0 && HostConfig.NanoCpus > 0,
      'has no limits',
    );
  }
}

/** Asks until the answer is true. Where patience ends, the last answer, a text, is in the Problem. */
export async function eventually(otherwise, withinMs, ask) {
  const until = performance.now() + withinMs;
  for (;;) {
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      answer = error.message;
    }
    if (answer === true) return;
    if (performance.now() > until)
      throw new Problem(`${otherwise} within ${withinMs / 1000} s${answer ? `: ${answer}` : ''}`);
    await sleep(500);
  }
}

/** Secrets made as an operator makes them, and the file with an appliance's password and configuration. */
export function makeSecrets(root, runFolder) {
  const folder = mkdtempSync(join(runFolder, 'secrets-'));
  const { status, stderr } = spawnSync(join(root, 'deploy', 'make-secrets'), [folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Problem(`deploy/make-secrets: ${stderr}`);
  return folder;
}

/** Writes a file for a container's user to read, and answers its path. */
export function fileFor(runFolder, text) {
  const file = join(runFolder, randomBytes(6).toString('hex'));
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

export function must(condition, otherwise) {
  if (!condition) throw new Problem(otherwise);
}
