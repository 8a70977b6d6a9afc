import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

/** Anyone tries the image API here. */
export function DemoPage() {
  return <Page title={texts.demo.title}>{null}</Page>;
}
