import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function PeoplePage() {
  return <Page title={texts.people.title}>{null}</Page>;
}
