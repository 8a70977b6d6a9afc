import { ErrorBoundary, LocationProvider, Route, Router } from 'preact-iso';
import { lazyPart, preloadPart } from '../../shared/lazy-part.js';
import { scopeOf, type View } from '../../shared/navigation.js';
import { may } from '../../shared/session.js';
import { Shell } from '../../shared/shell.js';
import { Gate } from '../../shared/start.js';
import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';
import { FleetPage } from './fleet-page.js';

const SitePage = lazyPart(() => import('./site-page.js').then((part) => part.SitePage));

const PeoplePage = lazyPart(() =>
  import('../../shared/people/people-page.js').then((part) => part.PeoplePage),
);
const AuditLog = lazyPart(() =>
  import('../../shared/people/audit-log.js').then((part) => part.AuditLog),
);

const NotificationsPage = lazyPart(() =>
  import('./notifications-page.js').then((part) => part.NotificationsPage),
);

preloadPart(
  { people: PeoplePage, audit: AuditLog, notifications: NotificationsPage },
  location.pathname,
);
if (/^\/fleet\/./.test(location.pathname)) SitePage.preload();

const words = texts.fleet;

const VIEWS: View[] = [
  { path: '/fleet', title: words.title, role: 'viewer' },
  { path: '/notifications', title: texts.shell.notifications, role: 'operator' },
  { path: '/people', title: words.people, role: 'viewer' },
  { path: '/audit', title: words.audit, role: 'admin' },
];

const SCOPE = scopeOf(VIEWS);

/** What the operator of the relay sees: the sites and what they report. */
export function FleetApp() {
  return (
    <Gate help={texts.logIn.fleetHelp}>
      <LocationProvider scope={SCOPE}>
        <Shell name="Siteglass" views={VIEWS}>
          <ErrorBoundary>
            <Router>
              <Route path="/fleet" component={FleetPage} />
              <Route path="/fleet/:site/:part?" component={SitePage} />
              <Route path="/notifications" component={NotificationsPage} />
              <Route path="/people" component={People} />
              <Route path="/audit" component={Audit} />
              <Route default component={NotFound} />
            </Router>
          </ErrorBoundary>
        </Shell>
      </LocationProvider>
    </Gate>
  );
}

const People = () => <PeoplePage hasCameras={false} />;

const Audit = () => (
  <Page title={words.audit}>{may('admin') ? <AuditLog /> : <p>{words.forAdministrators}</p>}</Page>
);

const NotFound = () => (
  <Page title={texts.errors.notFound}>
    <a href="/fleet">{words.title}</a>
  </Page>
);
