import type { FleetCameras } from '../../../core/contract/fleet.js';
import type { SiteResource } from '../../../core/contract/site.js';
import { NO_CHOICES } from '../../shared/notifications/choices.js';
import { NotificationsView } from '../../shared/notifications/notifications-view.js';
import { Page } from '../../shared/ui/page.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';

/** What the relay tells of its sites, and how. */
export function NotificationsPage() {
  const sites = useResource<{ sites: SiteResource[] }>('/sites').data?.sites ?? [];
  // The first page is as much as anyone chooses from; others can be typed.
  const cameras = useResource<FleetCameras>('/fleet/cameras').data?.cameras ?? [];
  const choices = {
    ...NO_CHOICES,
    sites: sites.map(({ id }) => id),
    cameras: cameras.map(({ id }) => ({ id, name: id })),
    hasOtherCameras: true,
  };
  return (
    <Page title={texts.notifications.title}>
      <NotificationsView choices={choices} hasOneBroker />
    </Page>
  );
}
