import type { PoolStatus } from '../core/detection/detection-pool.js';
import { observePool } from '../core/detection/observe-pool.js';
import type { Metrics } from '../core/http/metrics.js';
import type { ImageStore } from '../core/images/image-store.js';
import type { CameraSchedule } from './cameras/camera-schedule.js';
import type { Reporting } from './reporting.js';
import type { Outbox } from './store/outbox.js';

interface Observed {
  pool: { status(): PoolStatus };
  store: ImageStore;
  outbox: Outbox;
  cameras: CameraSchedule;
  reporting: Reporting | undefined;
}

/** The gauges that only the appliance has. */
export function observe(metrics: Metrics, observed: Observed): void {
  const { pool, store, outbox, cameras, reporting } = observed;
  observePool(metrics, pool);
  metrics.gauge({
    name: 'siteglass_outbox_depth',
    help: 'Summaries that the relay has not acknowledged',
    read: async () => (await outbox.depth()).depth,
  });
  metrics.gauge({
    name: 'siteglass_outbox_oldest_seconds',
    help: 'Age of the oldest summary that is not acknowledged; 0 when there is none',
    read: async () => (await outbox.depth()).oldestSeconds ?? 0,
  });
  metrics.gauge({
    name: 'siteglass_broker_connected',
    help: '1 while there is a connection to the MQTT broker',
    read: () => Number(reporting?.bus.connected ?? false),
  });
  metrics.gauge({
    name: 'siteglass_cameras_online',
    help: 'Cameras that answer',
    read: () => cameras.statuses().filter(({ state }) => state === 'online').length,
  });
  metrics.gauge({
    name: 'siteglass_images_bytes',
    help: 'Bytes that originals and processed images take',
    read: () => store.budget.usedBytes,
  });
}
