import { useLocation, useRoute } from 'preact-iso';
import type { SiteResource } from '../../../core/contract/site.js';
import { ApiError } from '../../shared/api.js';
import { Loading } from '../../shared/ui/loading.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { Page } from '../../shared/ui/page.js';
import { SubNavigation } from '../../shared/ui/section.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { SiteEvents } from './site-events.js';
import { SiteGaps } from './site-gaps.js';
import { SiteOverview } from './site-overview.js';
import { SiteStateView } from './site-state.js';
import './fleet.css';

const words = texts.fleet;
const EVERY_SECONDS = 20;

/** One site: how it is, what it reported, and what is missing. */
export function SitePage() {
  const { site: id = '', part } = useRoute().params;
  const { path } = useLocation();
  const found = useResource<{ site: SiteResource }>(`/sites/${encodeURIComponent(id)}`, {
    everySeconds: EVERY_SECONDS,
  });
  const { data, error } = found;
  if (error instanceof ApiError && [400, 404].includes(error.status))
    return (
      <Page title={words.notFound}>
        <a href="/fleet">{words.back}</a>
      </Page>
    );
  const own = `/fleet/${id}`;
  return (
    <Page title={id} actions={data && <SiteStateView site={data.site} />}>
      <SubNavigation
        label={words.pages}
        path={path}
        links={[
          { path: own, title: words.overview },
          { path: `${own}/events`, title: words.events },
          { path: `${own}/gaps`, title: words.gaps },
        ]}
      />
      {data ? (
        <>
          <ErrorNotice error={error} />
          {part === undefined && <SiteOverview site={data.site} onChange={found.reload} />}
          {part === 'events' && <SiteEvents site={id} />}
          {part === 'gaps' && <SiteGaps site={id} />}
        </>
      ) : (
        <Loading of={found} />
      )}
    </Page>
  );
}
