import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import type { Role } from '../../core/contract/access.js';
import { texts } from '../texts/texts.js';
import { caller, logOut, may } from './session.js';
import { Button } from './ui/button.js';
import { showToast, Toasts } from './ui/notice.js';
import './shell.css';

export interface View {
  /** The first part of its paths. */
  path: string;
  title: string;
  /** The least role that sees it. */
  role: Role;
}

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
      <nav aria-label={texts.shell.navigation}>
        <ul>
          {views
            .filter(({ role }) => may(role))
            .map((view) => (
              <li key={view.path}>
                <a href={view.path} aria-current={isWithin(path, view.path) ? 'page' : undefined}>
                  {view.title}
                </a>
              </li>
            ))}
          <li>
            <a href="/docs">{texts.shell.api}</a>
          </li>
        </ul>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

const isWithin = (path: string, view: string): boolean =>
  path === view || (view !== '/' && path.startsWith(`${view}/`));

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
