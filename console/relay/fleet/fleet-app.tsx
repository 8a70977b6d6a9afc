import { LocationProvider, Route, Router } from 'preact-iso';
import { Shell, type View } from '../../shared/shell.js';
import { Gate } from '../../shared/start.js';
import { Page } from '../../shared/ui/page.js';
import { texts } from '../../texts/texts.js';

const VIEWS: View[] = [{ path: '/fleet', title: texts.fleet.title, role: 'viewer' }];

/** What the operator of the relay sees: the sites and what they report. */
export function FleetApp() {
  return (
    <Gate help={texts.logIn.fleetHelp}>
      <LocationProvider scope="/fleet">
        <Shell name="Siteglass" views={VIEWS}>
          <Router>
            <Route path="/fleet" component={FleetPage} />
            <Route default component={FleetPage} />
          </Router>
        </Shell>
      </LocationProvider>
    </Gate>
  );
}

const FleetPage = () => <Page title={texts.fleet.title}>{null}</Page>;
