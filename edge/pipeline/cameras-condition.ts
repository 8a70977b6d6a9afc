import type { CameraState, CameraStatus } from '../cameras/camera-status.js';
import type { HealthPart } from '../health/site-health.js';

/** Cameras that one reason names; a site has up to 256, and the report is published each minute. */
const MAX_NAMED = 64;

const REASONS: [CameraState, string][] = [
  ['offline', 'are offline'],
  ['frozen', 'send the same picture again and again'],
  ['stale', 'have sent no new picture'],
];

/** How many cameras are online, and which are not as they should be. */
export function camerasCondition(
  statuses: readonly Pick<CameraStatus, 'id' | 'state'>[],
): HealthPart {
  const inState = (wanted: CameraState) => statuses.filter(({ state }) => state === wanted);
  const total = statuses.length;
  const reasons = REASONS.flatMap(([state, what]) => {
    const ids = inState(state).map(({ id }) => id);
    if (ids.length === 0) return [];
    const others = ids.length > MAX_NAMED ? [`and ${ids.length - MAX_NAMED} more`] : [];
    const names = [...ids.slice(0, MAX_NAMED), ...others].join(', ');
    return [`${ids.length} of ${total} cameras ${what}: ${names}`];
  });
  const offline = inState('offline').map(({ id }) => id);
  return {
    reasons,
    cameras: { online: inState('online').length, total, offline: offline.slice(0, MAX_NAMED) },
  };
}
