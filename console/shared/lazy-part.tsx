import type { ComponentType } from 'preact';
import { lazy } from 'preact-iso';
import { texts } from '../texts/texts.js';
import { Button } from './ui/button.js';
import { Notice } from './ui/notice.js';
import { Page } from './ui/page.js';

/** A view that is loaded when it is first shown. If that fails, it says so in place of an empty page. */
export const lazyPart = <P extends object>(load: () => Promise<ComponentType<P>>) =>
  lazy(() => load().catch(() => PageNotLoaded as ComponentType<P>));

/** Loads the part that an address shows, before it is known whether who asks may see it. */
export function preloadPart(parts: Record<string, { preload(): unknown }>, path: string): void {
  const [, first = ''] = path.split('/');
  if (Object.hasOwn(parts, first)) parts[first]?.preload();
}

const PageNotLoaded = () => (
  <Page title={texts.errors.partTitle}>
    <PartNotLoaded />
  </Page>
);

/** After an upgrade, the parts of a page that was open before have other names. */
export const PartNotLoaded = () => (
  <div class="stack">
    <Notice tone="bad">{texts.errors.part}</Notice>
    <div>
      <Button onClick={() => location.reload()}>{texts.errors.reload}</Button>
    </div>
  </div>
);
