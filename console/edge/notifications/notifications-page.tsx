import type { DetectorResource } from '../../../core/contract/detection.js';
import type { CameraResource } from '../../../core/contract/site.js';
import type { RuleChoices } from '../../shared/notifications/choices.js';
import { NotificationsView } from '../../shared/notifications/notifications-view.js';
import { Page } from '../../shared/ui/page.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { useZones } from './use-zones.js';

export function NotificationsPage() {
  return (
    <Page title={texts.notifications.title}>
      <NotificationsView choices={useChoices()} />
    </Page>
  );
}

/** The cameras, and the labels of all detectors that work. */
function useChoices(): RuleChoices {
  const cameras = useResource<{ cameras: CameraResource[] }>('/cameras').data?.cameras ?? [];
  const detectors =
    useResource<{ detectors: DetectorResource[] }>('/objectdetection/detectors').data?.detectors ??
    [];
  const zones = useZones(cameras.map(({ id }) => id));
  const labels = detectors
    .filter(({ status }) => status === 'ready')
    .flatMap((detector) => detector.labels);
  return {
    cameras: cameras.map(({ id, name }) => ({ id, name: name ?? id })),
    labels: [...new Set(labels)].toSorted(),
    zones,
    sites: [],
  };
}
