import { useLocation } from 'preact-iso';
import { AuditLog } from '../../shared/people/audit-log.js';
import { may } from '../../shared/session.js';
import { Page } from '../../shared/ui/page.js';
import { SubNavigation } from '../../shared/ui/section.js';
import { texts } from '../../texts/texts.js';
import { Checks } from './checks.js';
import { LogTail } from './log-tail.js';
import { Maintenance } from './maintenance.js';
import { Overview } from './overview.js';

const words = texts.system;

const PAGES = [
  { path: '/system', title: words.overview, content: Overview },
  { path: '/system/checks', title: words.checks, content: Checks },
  { path: '/system/log', title: words.log, content: LogTail },
  { path: '/system/audit', title: words.audit, content: AuditLog },
  { path: '/system/maintenance', title: words.maintenance, content: Maintenance },
];

/** The appliance as a program on a machine. Only administrators see more than its state. */
export function SystemPage() {
  const { path } = useLocation();
  const isAdmin = may('admin');
  const shown = isAdmin ? PAGES : PAGES.slice(0, 1);
  const { path: current, content: Content } = shown.find((page) => page.path === path) ?? {
    path: '/system',
    content: Overview,
  };
  return (
    <Page title={words.title}>
      {isAdmin && <SubNavigation label={words.pages} path={current} links={PAGES} />}
      <Content />
    </Page>
  );
}
