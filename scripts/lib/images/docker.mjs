import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, succeeds } from '../command.mjs';
import { Problem } from '../problem.mjs';

const CGROUP = 'siteglass-verify';

/** A Docker daemon of this run's own, and what is asked of it. Everything long goes to `log`. */
export class Docker {
  #daemon;

  constructor({ folder, runFolder, log }) {
    this.folder = folder;
    this.runFolder = runFolder;
    this.log = log;
    this.daemonLog = log.replace(/(\.log)?$/, '-dockerd.log');
    this.env = {
      DOCKER_HOST: `unix://${join(runFolder, 'docker.sock')}`,
      DOCKER_CONFIG: join(folder, 'client'),
      DOCKER_BUILDKIT: '1',
    };
  }

  async start() {
    mkdirSync(join(this.folder, 'data'), { recursive: true });
    mkdirSync(join(this.env.DOCKER_CONFIG, 'cli-plugins'), { recursive: true });
    const output = createWriteStream(this.daemonLog);
    await once(output, 'open');
    this.#daemon = spawn(
      'dockerd',
      [
        ...['--data-root', join(this.folder, 'data'), '--exec-root', join(this.runFolder, 'exec')],
        ...['--pidfile', join(this.runFolder, 'dockerd.pid'), '--host', this.env.DOCKER_HOST],
        ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', CGROUP],
      ],
      { stdio: ['ignore', output, output] },
    );
    for (let attempt = 0; attempt < 300; attempt++) {
      if (this.#daemon.exitCode !== null) break;
      if (this.succeeds(['version'])) return;
      await sleep(200);
    }
    throw new Problem(`dockerd does not start: ${this.daemonLog}`);
  }

  async stop() {
    if (!this.#daemon || this.#daemon.exitCode !== null) return;
    const ended = once(this.#daemon, 'exit');
    this.#daemon.kill('SIGTERM');
    await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    succeeds('sh', [
      '-c',
      `find /sys/fs/cgroup -depth -type d -path '*/${CGROUP}*' -exec rmdir {} + 2>/dev/null`,
    ]);
  }

  succeeds(args) {
    return succeeds('docker', args, { env: { ...process.env, ...this.env } });
  }

  /** What a command prints. Throws a Problem with what it said. */
  output(args, options = {}) {
    const { status, stdout, stderr } = spawnSync('docker', args, {
      encoding: 'utf8',
      maxBuffer: 64e6,
      env: { ...process.env, ...this.env, ...options.env },
      input: options.input,
    });
    if (status !== 0) throw new Problem(`docker ${args.join(' ')}: ${stderr.trim() || status}`);
    return stdout.trim();
  }

  inspect(name) {
    return JSON.parse(this.output(['inspect', name]))[0];
  }

  /** A command that takes its time; see run(). */
  run(args, { failure = `docker ${args[0]} fails`, env = {}, ...options } = {}) {
    return run('docker', args, {
      ...options,
      env: { ...this.env, ...env },
      log: this.log,
      failure,
    });
  }

  /**
   * Compose 2 and buildx where this client lacks them, from Debian 13's packages; they are the client's plugins and
   * run on Debian 12 as well.
   */
  async takePlugins(base) {
    const folder = join(this.env.DOCKER_CONFIG, 'cli-plugins');
    const wanted = ['compose', 'buildx'].filter((name) => !this.succeeds([name, 'version']));
    if (wanted.length === 0) return;
    const names = wanted.map((name) => `docker-${name}`);
    const script = `apt-get -qq update && cd /tmp && apt-get -qq download ${names.join(' ')} &&
      for package in *.deb; do dpkg-deb -x $package x; done && cp x/usr/libexec/docker/cli-plugins/* /plugins/`;
    await this.run(['run', '--rm', '--volume', `${folder}:/plugins`, base, 'sh', '-c', script], {
      failure: 'Debian’s packages of Compose and buildx cannot be had',
    });
    for (const name of wanted)
      if (!existsSync(join(folder, `docker-${name}`)) || !this.succeeds([name, 'version']))
        throw new Problem(`docker ${name} does not run here`);
  }

  /** What earlier runs left behind. */
  prune() {
    const running = this.output(['ps', '--all', '--quiet']).split('\n').filter(Boolean);
    if (running.length > 0) this.output(['rm', '--force', '--volumes', ...running]);
    this.output(['volume', 'prune', '--force']);
    this.output(['network', 'prune', '--force']);
    this.output(['image', 'prune', '--force']);
  }
}

/** The base image, made of a debootstrapped root as debian:trixie-slim is: without documentation. Kept as a tar file. */
export async function baseImage(docker, { cache, arch, name, log }) {
  const tar = join(cache, `trixie-slim-${arch}.tar`);
  if (!existsSync(tar)) {
    const root = join(cache, `trixie-slim-${arch}.${process.pid}`);
    try {
      await run(
        'debootstrap',
        ['--variant=minbase', `--arch=${arch}`, 'trixie', root, 'http://deb.debian.org/debian'],
        {
          log,
          failure: 'debootstrap fails',
        },
      );
      const left = [
        'usr/share/doc',
        'usr/share/man',
        'usr/share/locale',
        'usr/share/info',
        'usr/share/lintian',
      ];
      for (const folder of [...left, 'var/cache/apt', 'var/lib/apt/lists', 'var/log'])
        rmSync(join(root, folder), { recursive: true, force: true });
      for (const folder of [
        'var/cache/apt/archives/partial',
        'var/lib/apt/lists/partial',
        'var/log',
      ])
        mkdirSync(join(root, folder), { recursive: true });
      const pack = `tar --numeric-owner -C ${root} -cf ${tar}.new . && mv ${tar}.new ${tar}`;
      await run('sh', ['-c', pack], { log, failure: 'tar fails' });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  // Imported once more, it would be another image, and every build would begin anew.
  if (!docker.succeeds(['image', 'inspect', name]))
    await docker.run(['import', '--platform', `linux/${arch}`, tar, name]);
}
