import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function CloudPage() {
  return <Page title={texts.cloud.title}>{null}</Page>;
}
