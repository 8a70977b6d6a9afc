import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function CamerasPage() {
  return <Page title={texts.cameras.title}>{null}</Page>;
}
