import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

export function ChartsPage() {
  return <Page title={texts.charts.title}>{null}</Page>;
}
