import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function NotificationsPage() {
  return <Page title={texts.notifications.title}>{null}</Page>;
}
