import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { FleetSite } from '../../../core/contract/fleet.js';
import type { FleetTotalsResource } from '../../../core/contract/site.js';
import { formatNumber, formatTime } from '../../shared/format.js';
import { remembered } from '../../shared/remembered.js';
import { may } from '../../shared/session.js';
import { Button } from '../../shared/ui/button.js';
import { SelectField, TextField } from '../../shared/ui/field.js';
import { Loading } from '../../shared/ui/loading.js';
import { Notice } from '../../shared/ui/notice.js';
import { Page } from '../../shared/ui/page.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { AddSite } from './account-dialogs.js';
import { SiteGrid, SiteList } from './site-list.js';
import { attentionOf, stateOf } from './site-state.js';
import { MOST_SITES, useFleet } from './use-fleet.js';
import './fleet.css';

const words = texts.fleet;

const view = remembered<string>('fleet.view', 'list');
const order = remembered<string>('fleet.order', 'attention');

function chosen(sites: FleetSite[], search: string, show: string): FleetSite[] {
  const wanted = search.trim().toLowerCase();
  return sites
    .filter(({ id }) => id.includes(wanted))
    .filter((site) => show === 'all' || attentionOf(site) > 0)
    .sort(
      (a, b) =>
        (order.value === 'attention' ? attentionOf(b) - attentionOf(a) : 0) ||
        a.id.localeCompare(b.id),
    );
}

/** All sites: what each reports, and which ones need somebody. */
export function FleetPage() {
  const fleet = useFleet();
  const [search, setSearch] = useState('');
  const [show, setShow] = useState('all');
  const [adding, setAdding] = useState(false);
  const { route } = useLocation();
  const { sites, isLimited, error, lostSince } = fleet;
  const rows = chosen(sites ?? [], search, show);
  const List = view.value === 'grid' ? SiteGrid : SiteList;
  return (
    <Page
      title={words.title}
      actions={
        may('admin') && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {words.add}
          </Button>
        )
      }
    >
      {sites === undefined ? (
        <Loading of={{ data: sites, error, isLoading: true, reload: fleet.reload }} />
      ) : (
        <>
          {lostSince !== undefined && (
            <Notice tone="warning">
              <p>{texts.shell.lost(formatTime(lostSince))}</p>
              <p>{error instanceof Error && error.message}</p>
            </Notice>
          )}
          <Sums sites={sites} />
          <div class="fleet-controls">
            <TextField
              label={words.search}
              type="search"
              value={search}
              onValue={setSearch}
              autocomplete="off"
            />
            <SelectField
              label={words.show}
              value={show}
              options={[
                { value: 'all', text: words.showAll },
                { value: 'attention', text: words.showAttention },
              ]}
              onValue={setShow}
            />
            <SelectField
              label={words.order}
              value={order.value}
              options={[
                { value: 'attention', text: words.orderAttention },
                { value: 'name', text: words.orderName },
              ]}
              onValue={(value) => {
                order.value = value;
              }}
            />
            <ViewChoice />
          </div>
          {sites.length === 0 ? (
            <p>
              {words.none} {may('admin') && words.noneHelp}
            </p>
          ) : (
            <List sites={rows} />
          )}
          <p class="muted" role="status">
            {sites.length > 0 && words.shown(rows.length, sites.length)}{' '}
            {isLimited && words.limited(formatNumber(MOST_SITES))}
          </p>
        </>
      )}
      {adding && (
        <AddSite
          onClose={() => setAdding(false)}
          onDone={(site) => {
            void fleet.reload();
            route(`/fleet/${site}`);
          }}
        />
      )}
    </Page>
  );
}

function Sums({ sites }: { sites: FleetSite[] }) {
  const totals = useResource<FleetTotalsResource>('/totals', { everySeconds: 30 }).data;
  const shown: [keyof typeof words.sums, number | undefined][] = [
    ['sites', totals?.sites ?? sites.length],
    ['online', sites.filter((site) => stateOf(site) === 'online').length],
    ['attention', sites.filter((site) => attentionOf(site) > 0).length],
    ['summaries', totals?.summaries],
    ['detections', totals?.detections],
  ];
  return (
    <dl class="sums">
      {shown.map(([name, value]) => (
        <div key={name} class={name === 'attention' && value ? 'problem' : undefined}>
          <dt>{words.sums[name](value ?? 0)}</dt>
          <dd>{value === undefined ? '–' : formatNumber(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const ViewChoice = () => (
  <fieldset class="view-choice">
    <legend>{words.view}</legend>
    {(['list', 'grid'] as const).map((name) => (
      <Button
        key={name}
        aria-pressed={view.value === name}
        onClick={() => {
          view.value = name;
        }}
      >
        {words[name]}
      </Button>
    ))}
  </fieldset>
);
