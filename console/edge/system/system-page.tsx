import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function SystemPage() {
  return <Page title={texts.system.title}>{null}</Page>;
}
