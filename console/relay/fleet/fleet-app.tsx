import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso';
import { Shell, type View } from '../../shared/shell.js';
import { Gate } from '../../shared/start.js';
import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';
import { FleetPage } from './fleet-page.js';

const SitePage = lazy(() => import('./site-page.js').then((part) => part.SitePage));

const words = texts.fleet;

const VIEWS: View[] = [{ path: '/fleet', title: words.title, role: 'viewer' }];

/** The paths of the views; all others are the program's. */
const SCOPE = new RegExp(`^(${VIEWS.map(({ path }) => path).join('|')})(/|$|\\?)`);

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
              <Route default component={NotFound} />
            </Router>
          </ErrorBoundary>
        </Shell>
      </LocationProvider>
    </Gate>
  );
}

const NotFound = () => (
  <Page title={texts.errors.notFound}>
    <a href="/fleet">{words.title}</a>
  </Page>
);
