import type { FleetSite } from '../../../core/contract/fleet.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { texts } from '../../texts/texts.js';
import { Backlog, Cameras, Days, Gaps, LastSummary, SiteLink } from './site-cells.js';
import { SiteStateView } from './site-state.js';

const words = texts.fleet;

interface ListProps {
  sites: FleetSite[];
}

const Problems = ({ site: { health, overBudget } }: { site: FleetSite }) => (
  <>
    {health?.reasons.map((reason) => (
      <div key={reason} class="problem">
        {reason}
      </div>
    ))}
    {overBudget !== null && (
      <div class="problem">
        {words.overBudget}: {overBudget}
      </div>
    )}
  </>
);

const COLUMNS: Column<FleetSite>[] = [
  { title: words.site, cell: (site) => <SiteLink site={site} /> },
  {
    title: words.state,
    cell: (site) => (
      <>
        <SiteStateView site={site} />
        <Problems site={site} />
      </>
    ),
  },
  { title: words.cameras, cell: (site) => <Cameras site={site} /> },
  { title: words.backlog, cell: (site) => <Backlog site={site} /> },
  { title: words.gaps, cell: (site) => <Gaps site={site} /> },
  { title: words.days, cell: (site) => <Days site={site} /> },
  { title: words.lastSummary, cell: (site) => <LastSummary site={site} /> },
  { title: words.version, cell: ({ health }) => health?.version ?? texts.common.unknown },
];

export const SiteList = ({ sites }: ListProps) => (
  <Table
    caption={words.title}
    columns={COLUMNS}
    rows={sites}
    keyOf={({ id }) => id}
    empty={words.noMatch}
  />
);

export function SiteGrid({ sites }: ListProps) {
  if (sites.length === 0) return <p class="muted">{words.noMatch}</p>;
  return (
    <ul class="grid site-grid" aria-label={words.title}>
      {sites.map((site) => (
        <li key={site.id} class="card stack">
          <div class="row spread">
            <h2>
              <SiteLink site={site} />
            </h2>
            <SiteStateView site={site} />
          </div>
          <Problems site={site} />
          <dl class="facts">
            <dt>{words.cameras}</dt>
            <dd>
              <Cameras site={site} />
            </dd>
            <dt>{words.backlog}</dt>
            <dd>
              <Backlog site={site} />
            </dd>
            <dt>{words.gaps}</dt>
            <dd>
              <Gaps site={site} />
            </dd>
            <dt>{words.version}</dt>
            <dd>{site.health?.version ?? texts.common.unknown}</dd>
          </dl>
          <div class="row spread">
            <Days site={site} />
            <span class="muted">
              {words.lastSummary}: <LastSummary site={site} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
