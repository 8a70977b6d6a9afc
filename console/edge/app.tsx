import { useEffect } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, Route, Router } from 'preact-iso';
import { formatTime } from '../shared/format.js';
import { lazyPart, preloadPart } from '../shared/lazy-part.js';
import { scopeOf, type View } from '../shared/navigation.js';
import { may } from '../shared/session.js';
import { Shell } from '../shared/shell.js';
import { Gate } from '../shared/start.js';
import { Page } from '../shared/ui/page.js';
import { texts } from '../texts/texts.js';
import { LivePage } from './live/live-page.js';
import { connection } from './live-state.js';
import { offeredVersion, watchVersion } from './system/upgrade-state.js';

const EventsPage = lazyPart(() =>
  import('./events/events-page.js').then((part) => part.EventsPage),
);
const ChartsPage = lazyPart(() =>
  import('./charts/charts-page.js').then((part) => part.ChartsPage),
);
const CamerasPage = lazyPart(() =>
  import('./cameras/cameras-page.js').then((part) => part.CamerasPage),
);
const NotificationsPage = lazyPart(() =>
  import('./notifications/notifications-page.js').then((part) => part.NotificationsPage),
);
const CloudPage = lazyPart(() => import('./cloud/cloud-page.js').then((part) => part.CloudPage));
const PeoplePage = lazyPart(() =>
  import('../shared/people/people-page.js').then((part) => part.PeoplePage),
);
const SystemPage = lazyPart(() =>
  import('./system/system-page.js').then((part) => part.SystemPage),
);

preloadPart(
  {
    events: EventsPage,
    charts: ChartsPage,
    cameras: CamerasPage,
    notifications: NotificationsPage,
    cloud: CloudPage,
    people: PeoplePage,
    system: SystemPage,
  },
  location.pathname,
);

const words = texts.shell;

const VIEWS: View[] = [
  { path: '/live', title: words.live, role: 'viewer' },
  { path: '/events', title: words.events, role: 'viewer' },
  { path: '/charts', title: words.charts, role: 'viewer' },
  { path: '/cameras', title: words.cameras, role: 'viewer' },
  { path: '/notifications', title: words.notifications, role: 'operator' },
  { path: '/cloud', title: words.cloud, role: 'viewer' },
  { path: '/people', title: words.people, role: 'viewer' },
  { path: '/system', title: words.system, role: 'viewer' },
];

/** The first view is also at `/`. */
const SCOPE = new RegExp(`^/?$|${scopeOf(VIEWS).source}`);

/** The console of the appliance. */
export function App() {
  return (
    <Gate help={texts.logIn.help}>
      <LocationProvider scope={SCOPE}>
        <Views />
      </LocationProvider>
    </Gate>
  );
}

function Views() {
  useEffect(() => {
    connection.start();
    return () => connection.stop();
  }, []);
  useEffect(() => (may('admin') ? watchVersion() : undefined), []);
  const since = connection.lostSince.value;
  return (
    <Shell
      name="Siteglass"
      views={viewsWithHint(offeredVersion.value)}
      lost={since === undefined ? undefined : words.lost(formatTime(since))}
    >
      <ErrorBoundary>
        <Router>
          <Route path="/" component={LivePage} />
          <Route path="/live/:rest*" component={LivePage} />
          <Route path="/events/:rest*" component={EventsPage} />
          <Route path="/charts/:rest*" component={ChartsPage} />
          <Route path="/cameras/:rest*" component={CamerasPage} />
          <Route path="/notifications/:rest*" component={NotificationsPage} />
          <Route path="/cloud/:rest*" component={CloudPage} />
          <Route path="/people/:rest*" component={PeoplePage} />
          <Route path="/system/:rest*" component={SystemPage} />
          <Route default component={NotFound} />
        </Router>
      </ErrorBoundary>
    </Shell>
  );
}

/** A newer version is mentioned where it is installed. */
const viewsWithHint = (newer: string | undefined): View[] =>
  newer === undefined
    ? VIEWS
    : VIEWS.map((view) =>
        view.path === '/system'
          ? { ...view, hint: { text: texts.upgrade.hint, title: texts.upgrade.hintTitle(newer) } }
          : view,
      );

const NotFound = () => (
  <Page title={texts.errors.notFound}>
    <a href="/live">{words.live}</a>
  </Page>
);
