import type { z } from 'zod';
import type {
  recentDetectionSchema,
  siteStatusSchema,
  syncSchema,
} from '../../core/contract/site.js';
import type { PoolStatus } from '../../core/detection/pool/detection-pool.js';
import type { ImageStore } from '../../core/images/image-store.js';
import { imageTable, type StoredImage } from '../../core/images/image-table.js';
import { resultOf } from '../../core/images/presenter.js';
import type { BusStatus, MessageBus } from '../../core/messaging/message-bus.js';
import { SAME_ID } from '../../core/messaging/short-connections.js';
import { toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import { boundedPage } from '../../core/store/bounded-page.js';
import type { SiteHealth } from '../health/site-health.js';
import type { Outbox } from '../store/outbox.js';
import type { Uplink } from '../uplink/uplink.js';
import type { SiteApi } from './site-routes.js';

export interface SiteSources {
  site: string;
  health: SiteHealth;
  pool: { status(): PoolStatus };
  store: ImageStore;
  outbox: Outbox;
  /** The connection to the relay and what is sent over it; absent if there is no relay. */
  relay: MessageBus | undefined;
  uplink: Uplink | undefined;
}

type RecentDetection = z.infer<typeof recentDetectionSchema>;

/** What the appliance reports about itself over REST. */
export class SiteView implements SiteApi {
  constructor(private readonly sources: SiteSources) {}

  async status(): Promise<z.infer<typeof siteStatusSchema>> {
    const { site, health, pool } = this.sources;
    const { outbox, detectionsPerMinute: _, load1m: __, ...report } = await health.report();
    const { state, workers, ready, busy, queued, restarts } = pool.status();
    const detection = { state, workers, ready, busy, queued, restarts };
    return { site, ...report, detection, outboxDepth: outbox.depth };
  }

  async sync(): Promise<z.infer<typeof syncSchema>> {
    const { relay, outbox } = this.sources;
    const { epoch, lastSeq, ackedSeq, bytes, evicted, refused, forgotten, kept, heardAt } =
      await outbox.state();
    const uplink = await this.sources.uplink?.status();
    const connection = relay?.status();
    return {
      configured: relay !== undefined,
      connected: uplink?.connected ?? false,
      since: toIsoStringOrNull(connection?.since ?? null),
      lastAcknowledgedAt: toIsoStringOrNull(heardAt > 0 ? heardAt : null),
      lastError: uplink?.problem ?? (connection && presentError(connection)) ?? null,
      epoch,
      lastSeq,
      acknowledgedSeq: uplink?.ackedSeq ?? ackedSeq,
      ...(await outbox.depth()),
      inFlight: uplink?.inFlight ?? 0,
      bytes,
      maxBytes: outbox.budget.maxBytes,
      evicted,
      refused,
      forgotten,
      kept,
      hours: (await outbox.hours()).map(({ began, ...counts }) => ({
        began: toIsoString(began),
        ...counts,
      })),
    };
  }

  async recentDetections(limit: number): Promise<RecentDetection[]> {
    const { db } = this.sources.store;
    const { items } = await boundedPage<ReturnType<typeof recentIn>>(
      // An image has one detection or more: as many images are read as these take.
      { limit, maxSize: limit },
      ({ detections }) => detections.length,
      async (count, last) => (await imageTable.withDetections(db, count, last?.id)).map(recentIn),
    );
    return items.flatMap(({ detections }) => detections).slice(0, limit);
  }
}

/** Why a connection ended is over once there is another; unless a second client ends each of them. */
function presentError({ connected, problems, lastError }: BusStatus): string | undefined {
  const isOver = connected && problems.length === 0 && !lastError?.includes(SAME_ID);
  return isOver ? undefined : lastError;
}

function recentIn(row: StoredImage): { id: string; detections: RecentDetection[] } {
  const { id, camera } = row;
  const takenAt = toIsoString(Number(row.created_at));
  const detections = resultOf(row).detections.map((one) => ({
    ...one,
    image: id,
    camera,
    takenAt,
  }));
  return { id, detections };
}
