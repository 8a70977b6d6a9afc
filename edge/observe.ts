import type { PoolStatus } from '../core/detection/detection-pool.js';
import { observePool } from '../core/detection/observe-pool.js';
import type { Metrics } from '../core/http/metrics.js';
import type { ImageStore } from '../core/images/image-store.js';
import type { CameraSchedule } from './cameras/camera-schedule.js';
import type { Lan } from './publishing/lan.js';
import type { Reporting } from './reporting.js';
import type { Retention } from './retention/retention.js';
import type { EventStream } from './sightings/event-stream.js';
import type { MotionGates } from './sightings/motion-gates.js';
import type { Outbox } from './store/outbox.js';

interface Observed {
  pool: { status(): PoolStatus };
  store: ImageStore;
  outbox: Outbox;
  cameras: CameraSchedule;
  reporting: Reporting | undefined;
  lan: Lan | undefined;
  gates: MotionGates;
  retention: Retention;
  events: EventStream;
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
  observeSightings(metrics, observed);
  metrics.gauge({
    name: 'siteglass_images_bytes',
    help: 'Bytes that originals and processed images take',
    read: () => store.budget.usedBytes,
  });
}

function observeSightings(metrics: Metrics, { gates, retention, events, lan }: Observed): void {
  metrics.counter({
    name: 'siteglass_searches_saved_total',
    help: 'Snapshots that the motion gate left out since the start',
    read: () => gates.saved,
  });
  metrics.gauge({
    name: 'siteglass_event_streams',
    help: 'Clients of the event stream',
    read: () => events.clients,
  });
  metrics.counter({
    name: 'siteglass_images_removed_total',
    help: 'Images that age or budget removed since the start',
    read: () => retention.removed.images,
  });
  if (!lan) return;
  metrics.gauge({
    name: 'siteglass_lan_broker_connected',
    help: '1 while there is a connection to the LAN broker',
    read: () => Number(lan.bus.connected),
  });
}
