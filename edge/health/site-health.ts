import { loadavg } from 'node:os';
import type { Health } from '../../core/contract/live-payloads.js';
import { boardTemperature } from './board-temperature.js';

/** The fields of the report that parts of the appliance fill in. */
type PartFields = Pick<
  Health,
  'outbox' | 'cameras' | 'disk' | 'detectionsPerMinute' | 'lastSyncAt' | 'relayConnected'
>;

/** The condition that one part of the appliance reports. */
export interface HealthPart extends Partial<PartFields> {
  /** Why the part is degraded, in a few words each. */
  reasons?: string[];
}

export type HealthSource = () => HealthPart | Promise<HealthPart>;

/** Fields of parts that this appliance does not have. */
const WITHOUT_PARTS: PartFields = {
  outbox: { depth: 0, oldestSeconds: null },
  cameras: { online: 0, total: 0 },
  disk: { usedBytes: 0, budgetBytes: 0, freeBytes: 0 },
  detectionsPerMinute: 0,
  lastSyncAt: null,
};

/** The condition of the appliance. Any reason makes it degraded. */
export class SiteHealth {
  readonly #started = performance.now();
  readonly #sources: HealthSource[] = [];

  constructor(private readonly version: string) {}

  /** Parts register themselves when they are built. Reasons are listed in the order of registration. */
  register(source: HealthSource): void {
    this.#sources.push(source);
  }

  async report(): Promise<Health> {
    const parts = await Promise.all(this.#sources.map((source) => source()));
    const reasons = parts.flatMap((part) => part.reasons ?? []);
    const temperatureCelsius = boardTemperature();
    return {
      ...Object.assign({ ...WITHOUT_PARTS }, ...parts),
      version: this.version,
      status: reasons.length === 0 ? 'ok' : 'degraded',
      reasons,
      uptimeSeconds: Math.round((performance.now() - this.#started) / 1000),
      load1m: Number((loadavg()[0] ?? 0).toFixed(2)),
      ...(temperatureCelsius !== undefined && { temperatureCelsius }),
    };
  }
}
