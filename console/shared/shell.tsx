import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { texts } from '../texts/texts.js';
import { Navigation, type View } from './navigation.js';
import { caller, logOut } from './session.js';
import { Button } from './ui/button.js';
import { showToast, Toasts } from './ui/notice.js';
import './shell.css';

interface ShellProps {
  name: string;
  views: readonly View[];
  /** Why what is shown may be old; undefined while it is not. */
  lost?: string | undefined;
  children: ComponentChildren;
}

/** The frame of all pages: navigation, who is logged in, and whether the connection is lost. */
export function Shell({ name, views, lost, children }: ShellProps) {
  const { path } = useLocation();
  const content = useRef<HTMLElement>(null);
  // The link that led here may be gone with the page before: the keyboard then goes on from the content.
  useEffect(() => {
    const focused = document.activeElement;
    if (focused === document.body || focused?.closest('.open .rest'))
      content.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {texts.shell.skip}
      </a>
      <header class="top">
        <a class="brand" href={views[0]?.path}>
          <img src="/icon.svg" alt="" width="24" height="24" />
          {name}
        </a>
        <Account />
      </header>
      {lost !== undefined && (
        <div class="lost notice warning" role="alert">
          {lost}
        </div>
      )}
      <Navigation views={views} path={path} />
      <main id="content" tabIndex={-1} ref={content}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

function Account() {
  const who = caller.value;
  if (who?.kind !== 'user') return null;
  const leave = () => logOut().catch((error: Error) => showToast(error.message, 'bad'));
  return (
    <div class="row">
      <span class="muted">{who.name}</span>
      <Button look="quiet" onClick={leave}>
        {texts.shell.logOut}
      </Button>
    </div>
  );
}
