import { stat } from 'node:fs/promises';
import {
  arch,
  availableParallelism,
  hostname,
  loadavg,
  release,
  totalmem,
  type,
  uptime,
} from 'node:os';
import type { SystemResource } from '../../core/contract/system.js';
import type { Tls } from '../../core/http/tls/create-tls.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { boardTemperature } from '../health/board-temperature.js';
import type { SiteHealth } from '../health/site-health.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { availableMemory, memoryOf, ProcessLoad } from './process-load.js';

export interface SystemViewParts {
  dependencies: EdgeDependencies;
  health: SiteHealth;
  tls: Tls;
  databaseFile: string;
  /** The file of the configuration. */
  source: string | undefined;
  address(): { host: string; port: number };
}

/** The appliance and the machine that it runs on. */
export class SystemView {
  readonly #load = new ProcessLoad();

  constructor(private readonly parts: SystemViewParts) {}

  async get(): Promise<SystemResource> {
    const { dependencies, health, databaseFile, source } = this.parts;
    const { config, clock } = dependencies;
    const { version: _, reasons, uptimeSeconds, disk } = await health.report();
    return {
      status: 'OK',
      site: config.site,
      version: programVersion(),
      node: process.versions.node,
      startedAt: toIsoString(clock() - uptimeSeconds * 1_000),
      uptimeSeconds,
      machine: await this.#machine(),
      process: await this.#process(),
      disk: { ...disk, databaseBytes: await databaseBytes(databaseFile) },
      detection: this.#detection(),
      certificates: this.#certificates(),
      access: this.#access(),
      configurationFile: source ?? null,
      reasons,
    };
  }

  async #machine(): Promise<SystemResource['machine']> {
    const [minute = 0, fiveMinutes = 0, quarter = 0] = loadavg();
    return {
      name: hostname(),
      system: `${type()} ${release()}`,
      architecture: arch(),
      uptimeSeconds: Math.round(uptime()),
      cores: availableParallelism(),
      load: { minute, fiveMinutes, quarter },
      memory: { totalBytes: totalmem(), availableBytes: await availableMemory() },
      temperatureCelsius: boardTemperature() ?? null,
    };
  }

  async #process(): Promise<SystemResource['process']> {
    const { pids } = this.parts.dependencies.detection.pool.status();
    const workers = await Promise.all(pids.map(memoryOf));
    return {
      id: process.pid,
      memoryBytes: process.memoryUsage.rss(),
      workersMemoryBytes: workers.reduce((sum, bytes) => sum + bytes, 0),
      cpuShare: this.#load.share(),
    };
  }

  #detection(): SystemResource['detection'] {
    const { pool, catalog } = this.parts.dependencies.detection;
    const { state, workers, ready, busy, queued, restarts, engines } = pool.status();
    const detectors = { ready: 0, refused: 0, available: 0 };
    for (const { status } of catalog.detectors()) detectors[status] += 1;
    return { state, workers, ready, busy, queued, restarts, engines, detectors };
  }

  #certificates(): SystemResource['certificates'] {
    const { facts } = this.parts.tls.certificates;
    if (!facts) return [];
    const { authorityFingerprint = null, ...others } = facts;
    return [{ ...others, authorityFingerprint }];
  }

  #access(): SystemResource['access'] {
    const { tls, dependencies, address } = this.parts;
    const { http } = dependencies.config;
    const { host, port } = address();
    return {
      mode: http.auth,
      address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      https: tls.certificates.facts !== undefined,
      plainText: tls.server.isPlainTextAllowed,
      signOn: http.signOn !== undefined,
    };
  }
}

async function databaseBytes(file: string): Promise<number> {
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
