import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function LivePage() {
  return <Page title={texts.live.title}>{null}</Page>;
}
