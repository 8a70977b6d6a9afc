import { loadavg } from 'node:os';
import type { Health } from '../../core/contract/live-payloads.js';
import { type Clock, systemClock, toIsoStringOrNull } from '../../core/runtime/clock.js';
import { boardTemperature } from './board-temperature.js';

/** What the appliance's condition is judged by. */
export interface HealthSources {
  version: string;
  detection(): { state: 'ok' | 'degraded' | 'unavailable' };
  cameras(): { state: string }[];
  /** undefined where no broker is configured. */
  broker(): { connected: boolean } | undefined;
  /** undefined where there is no LAN broker to talk to. */
  lan(): { connected: boolean } | undefined;
  outbox(): Promise<{ depth: number; oldestSeconds: number | null }>;
  disk(): Promise<Health['disk']>;
  /** The highest number that was acknowledged. */
  acknowledged(): Promise<number>;
  /** Why the disk cannot be written; undefined where it can. */
  storage(): string | undefined;
  analysesPerMinute(): number;
  clock?: Clock;
}

/** Judges the appliance: what is wrong makes it degraded, never unhealthy, as long as it can detect. */
export class SiteHealth {
  readonly #started = performance.now();

  #acknowledged: number | undefined;
  #lastSyncAt: number | null = null;

  constructor(private readonly sources: HealthSources) {}

  async report(): Promise<Health> {
    const { sources } = this;
    const [outbox, disk] = await Promise.all([sources.outbox(), sources.disk()]);
    const cameras = sources.cameras();
    const reasons = this.#reasons(cameras, disk);
    const temperatureCelsius = boardTemperature();
    await this.#noteSync();
    return {
      version: sources.version,
      status: reasons.length === 0 ? 'ok' : 'degraded',
      reasons,
      uptimeSeconds: Math.round((performance.now() - this.#started) / 1000),
      outbox,
      cameras: { online: online(cameras).length, total: cameras.length },
      detectionsPerMinute: sources.analysesPerMinute(),
      disk,
      load1m: Number((loadavg()[0] ?? 0).toFixed(2)),
      lastSyncAt: toIsoStringOrNull(this.#lastSyncAt),
      ...(temperatureCelsius !== undefined && { temperatureCelsius }),
    };
  }

  /** An acknowledgement is noticed with the next report, so its time is known to the minute. */
  async #noteSync(): Promise<void> {
    const { acknowledged, clock = systemClock } = this.sources;
    const now = await acknowledged();
    if (this.#acknowledged !== undefined && now > this.#acknowledged) this.#lastSyncAt = clock();
    this.#acknowledged = now;
  }

  #reasons(cameras: { state: string }[], disk: Health['disk']): string[] {
    const offline = cameras.filter(({ state }) => state === 'offline').length;
    const { state } = this.sources.detection();
    const storage = this.sources.storage();
    return [
      ...(storage ? [storage] : []),
      ...(state === 'ok' ? [] : [`detection is ${state}`]),
      ...(this.sources.broker()?.connected === false ? ['the MQTT broker is not connected'] : []),
      ...(this.sources.lan()?.connected === false ? ['the LAN broker is not connected'] : []),
      ...(offline === 0 ? [] : [`${offline} of ${cameras.length} cameras are offline`]),
      ...(disk.usedBytes < disk.budgetBytes ? [] : ['the disk budget is spent']),
    ];
  }
}

const online = (cameras: { state: string }[]) => cameras.filter(({ state }) => state === 'online');
