import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunOptions, run, succeeds } from '../../scripts/lib/command.mjs';
import { MIRROR, SUITE } from '../../scripts/lib/debian-root.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

const CGROUP = 'siteglass-verify';

/** What these checks read of `docker inspect` of a container. */
export interface Container {
  Id: string;
  Name: string;
  RestartCount: number;
  State: {
    Status: string;
    Running: boolean;
    Pid: number;
    ExitCode: number;
    StartedAt: string;
    Health?: { Status: string };
  };
  Config: { Labels: Record<string, string>; User: string };
  HostConfig: {
    CapDrop?: string[];
    SecurityOpt?: string[];
    ReadonlyRootfs: boolean;
    Memory: number;
    PidsLimit: number;
    NanoCpus: number;
  };
  NetworkSettings: { Networks: Record<string, unknown> };
}

interface DockerOptions {
  /** Keeps the daemon's data between runs. */
  folder: string;
  runFolder: string;
  log: string;
}

interface OutputOptions {
  env?: Record<string, string>;
  input?: Buffer;
}

/** A Docker daemon of this run alone, and its commands. The output of long commands goes to `log`. */
export class Docker {
  readonly #folder: string;
  readonly #runFolder: string;
  readonly #log: string;
  readonly #daemonLog: string;
  readonly #env: { DOCKER_HOST: string; DOCKER_CONFIG: string; DOCKER_BUILDKIT: string };
  #daemon: ChildProcess | undefined;

  constructor({ folder, runFolder, log }: DockerOptions) {
    this.#folder = folder;
    this.#runFolder = runFolder;
    this.#log = log;
    this.#daemonLog = log.replace(/(\.log)?$/, '-dockerd.log');
    this.#env = {
      DOCKER_HOST: `unix://${join(runFolder, 'docker.sock')}`,
      DOCKER_CONFIG: join(folder, 'client'),
      DOCKER_BUILDKIT: '1',
    };
  }

  async start(): Promise<void> {
    mkdirSync(join(this.#folder, 'data'), { recursive: true });
    mkdirSync(join(this.#env.DOCKER_CONFIG, 'cli-plugins'), { recursive: true });
    const output = createWriteStream(this.#daemonLog);
    await once(output, 'open');
    const daemon = spawn(
      'dockerd',
      [
        ...[
          '--data-root',
          join(this.#folder, 'data'),
          '--exec-root',
          join(this.#runFolder, 'exec'),
        ],
        ...['--pidfile', join(this.#runFolder, 'dockerd.pid'), '--host', this.#env.DOCKER_HOST],
        ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', CGROUP],
      ],
      { stdio: ['ignore', output, output] },
    );
    this.#daemon = daemon;
    for (let attempt = 0; attempt < 300; attempt++) {
      if (daemon.exitCode !== null) break;
      if (this.succeeds(['version'])) return;
      await sleep(200);
    }
    throw new Problem(`dockerd does not start: ${this.#daemonLog}`);
  }

  async stop(): Promise<void> {
    if (!this.#daemon || this.#daemon.exitCode !== null) return;
    const ended = once(this.#daemon, 'exit');
    this.#daemon.kill('SIGTERM');
    await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    succeeds('sh', [
      '-c',
      `find /sys/fs/cgroup -depth -type d -path '*/${CGROUP}*' -exec rmdir {} + 2>/dev/null`,
    ]);
  }

  succeeds(args: string[]): boolean {
    return succeeds('docker', args, { env: { ...process.env, ...this.#env } });
  }

  /** What a command prints. Throws a Problem with its error output if it fails. */
  output(args: string[], options: OutputOptions = {}): string {
    const { status, stdout, stderr } = spawnSync('docker', args, {
      encoding: 'utf8',
      maxBuffer: 64e6,
      env: { ...process.env, ...this.#env, ...options.env },
      input: options.input,
    });
    if (status !== 0) throw new Problem(`docker ${args.join(' ')}: ${stderr.trim() || status}`);
    return stdout.trim();
  }

  inspect(name: string): Container {
    return JSON.parse(this.output(['inspect', name]))[0];
  }

  /** The size of an image in bytes. */
  sizeOf(image: string): number {
    return Number(this.output(['image', 'inspect', '--format', '{{.Size}}', image]));
  }

  /** Runs a long command; see run() of scripts/lib/command.mjs. */
  run(args: string[], options: Partial<RunOptions> = {}): Promise<void> {
    const { failure = `docker ${args[0]} fails`, env = {}, ...others } = options;
    return run('docker', args, {
      ...others,
      env: { ...this.#env, ...env },
      log: this.#log,
      failure,
    });
  }

  /**
   * Gets Compose 2 and buildx from Debian 13's packages if this client lacks them. They are plugins of the client and run
   * on Debian 12 as well.
   */
  async takePlugins(base: string): Promise<void> {
    const folder = join(this.#env.DOCKER_CONFIG, 'cli-plugins');
    const wanted = ['compose', 'buildx'].filter((name) => !this.succeeds([name, 'version']));
    if (wanted.length === 0) return;
    const names = wanted.map((name) => `docker-${name}`);
    const script = `apt-get -qq update && cd /tmp && apt-get -qq download ${names.join(' ')} &&
      for package in *.deb; do dpkg-deb -x $package x; done && cp x/usr/libexec/docker/cli-plugins/* /plugins/`;
    await this.run(['run', '--rm', '--volume', `${folder}:/plugins`, base, 'sh', '-c', script], {
      failure: 'Debian’s packages of Compose and buildx cannot be downloaded',
    });
    for (const name of wanted)
      if (!existsSync(join(folder, `docker-${name}`)) || !this.succeeds([name, 'version']))
        throw new Problem(`docker ${name} does not run here`);
  }

  /** Removes what earlier runs left. */
  prune(): void {
    const running = this.output(['ps', '--all', '--quiet']).split('\n').filter(Boolean);
    if (running.length > 0) this.output(['rm', '--force', '--volumes', ...running]);
    this.output(['volume', 'prune', '--force']);
    this.output(['network', 'prune', '--force']);
    this.output(['image', 'prune', '--force']);
  }
}

interface BaseImageOptions {
  cache: string;
  arch: string;
  name: string;
  log: string;
}

/** Makes the base image with debootstrap, without documentation, as debian:trixie-slim is. A tar file of it is kept. */
export async function baseImage(
  docker: Docker,
  { cache, arch, name, log }: BaseImageOptions,
): Promise<void> {
  const tar = join(cache, `trixie-slim-${arch}.tar`);
  if (!existsSync(tar)) {
    const root = join(cache, `trixie-slim-${arch}.${process.pid}`);
    try {
      await run('debootstrap', ['--variant=minbase', `--arch=${arch}`, SUITE, root, MIRROR], {
        log,
        failure: 'debootstrap fails',
      });
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
  // A second import would make another image, and every build would start again.
  if (!docker.succeeds(['image', 'inspect', name]))
    await docker.run(['import', '--platform', `linux/${arch}`, tar, name]);
}
