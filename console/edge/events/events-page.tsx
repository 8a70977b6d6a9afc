import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function EventsPage() {
  return <Page title={texts.events.title}>{null}</Page>;
}
