import { useEffect, useState } from 'preact/hooks';
import type { Role } from '../../core/contract/access.js';
import { texts } from '../texts/texts.js';
import { may } from './session.js';
import { Badge } from './ui/badge.js';
import './navigation.css';

export interface View {
  /** The first part of its paths. */
  path: string;
  title: string;
  /** The least role that sees it. */
  role: Role;
  /** A word beside the title, and what it means. */
  hint?: { text: string; title: string } | undefined;
}

/** The paths of the views, for the router; all others are the program's. */
export const scopeOf = (views: readonly View[]): RegExp =>
  new RegExp(`^(${views.map(({ path }) => path).join('|')})(/|$|\\?)`);

/** How many entries a phone shows in one line, with the button for all others as the last one. */
const MOST_ON_PHONE = 5;

interface NavigationProps {
  /** The first one is the start page. */
  views: readonly View[];
  path: string;
}

/** The views of a console: beside the page, or below it on a phone, where a button shows those that have no room. */
export function Navigation({ views, path }: NavigationProps) {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => setIsOpen(false), [path]);
  const [start] = views;
  const entries = [
    ...views
      .filter(({ role }) => may(role))
      .map((view) => ({
        path: view.path,
        title: view.title,
        hint: view.hint,
        isCurrent: isWithin(path, view.path) || (path === '/' && view === start),
      })),
    { path: '/docs', title: texts.shell.api, isCurrent: false },
  ];
  const shown = entries.length > MOST_ON_PHONE ? MOST_ON_PHONE - 1 : entries.length;
  const more = entries.slice(shown);
  return (
    <nav
      aria-label={texts.shell.navigation}
      onKeyDown={({ key }) => key === 'Escape' && setIsOpen(false)}
    >
      <ul class={isOpen ? 'open' : undefined}>
        {entries.slice(0, shown).map((entry) => (
          <Entry key={entry.path} {...entry} />
        ))}
        {more.length > 0 && (
          <li class="more">
            <button
              type="button"
              class={more.some(({ isCurrent }) => isCurrent) ? 'current' : undefined}
              aria-expanded={isOpen}
              onClick={() => setIsOpen(!isOpen)}
            >
              {texts.shell.more}
            </button>
          </li>
        )}
        {more.map((entry) => (
          <Entry key={entry.path} {...entry} isMore />
        ))}
      </ul>
    </nav>
  );
}

interface EntryProps {
  path: string;
  title: string;
  hint?: View['hint'];
  isCurrent: boolean;
  isMore?: boolean;
}

const Entry = ({ path, title, hint, isCurrent, isMore = false }: EntryProps) => (
  <li class={isMore ? 'rest' : undefined}>
    <a href={path} aria-current={isCurrent ? 'page' : undefined}>
      {title}
      {hint && (
        <span title={hint.title}>
          <Badge>{hint.text}</Badge>
        </span>
      )}
    </a>
  </li>
);

const isWithin = (path: string, view: string): boolean =>
  path === view || path.startsWith(`${view}/`);
