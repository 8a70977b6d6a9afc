import { useCallback, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Sighting } from '../../../core/contract/sighting.js';
import { apiUrl, type Query } from '../../shared/api.js';
import { dayOf, formatDate } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { Page } from '../../shared/ui/page.js';
import { useSearch } from '../../shared/use-search.js';
import { texts } from '../../texts/texts.js';
import { live } from '../live-state.js';
import { DayBar } from './day-bar.js';
import { instantOf, today } from './days.js';
import { EventDialog } from './event-dialog.js';
import { apiQuery, countSet, type EventFilter, filterIn } from './event-filter.js';
import { EventFilters, type FilterChange } from './event-filters.js';
import { EventList } from './event-list.js';
import { HourBar } from './hour-bar.js';
import { Timelapse } from './timelapse.js';
import { useChoices } from './use-choices.js';
import { type EventPages, useEventPages } from './use-event-pages.js';
import './events-page.css';

const words = texts.events;

const EVENT = /^\/events\/([0-9a-f-]{36})$/;

/** The events of a day, and one of them over it if the address names it. */
export function EventsPage() {
  const { path, route } = useLocation();
  const search = useSearch();
  const event = EVENT.exec(path)?.[1] ?? search.get('event');
  const found = filterIn(search, event);
  const { filter, query } = useMemo(
    () => ({ filter: found, query: apiQuery(found) }),
    [JSON.stringify(found)],
  );
  const pages = useEventPages(query);
  const choices = useChoices(filter);
  const to = useCallback(
    (values: Record<string, string | readonly string[]>) =>
      search.with({ event: '', day: filter.day, ...values }, '/events'),
    [search.with({ event: undefined }, ''), filter],
  );
  const hrefOf = useCallback(({ id }: Sighting) => to({ event: id }), [to]);
  const change = useCallback((values: FilterChange) => route(to(values), true), [to]);
  return (
    <Page title={words.title} actions={<Exports filter={filter} query={query} choices={choices} />}>
      <Days filter={filter} to={to} />
      <EventFilters
        filter={filter}
        choices={choices}
        events={pages.events}
        clearHref={`/events?day=${filter.day}`}
        onChange={change}
      />
      <Hours filter={filter} to={to} />
      <Found filter={filter} pages={pages} hrefOf={hrefOf} />
      {event !== undefined && (
        <EventDialog
          id={event}
          filter={filter}
          hrefOf={(id) => to({ event: id })}
          onClose={() => route(to({}), true)}
          onChanged={pages.replace}
        />
      )}
    </Page>
  );
}

interface BarProps {
  filter: EventFilter;
  to(values: Record<string, string>): string;
}

/** Drawn again with the filter only: pages of events come while the reader scrolls. */
const Days = ({ filter, to }: BarProps) => {
  const { route } = useLocation();
  return useMemo(
    () => (
      <DayBar filter={filter} hrefOf={(day) => to({ day })} onDay={(day) => route(to({ day }))} />
    ),
    [filter, to, today()],
  );
};

const Hours = ({ filter, to }: BarProps) =>
  useMemo(
    () => <HourBar filter={filter} hrefOf={(from, until) => to({ from, to: until })} />,
    [filter, to],
  );

interface FoundProps {
  filter: EventFilter;
  pages: EventPages;
  hrefOf(event: Sighting): string;
}

function Found({ filter, pages, hrefOf }: FoundProps) {
  const { events, isLoading, isMore, error } = pages;
  const dayBegin = instantOf(filter.day).getTime();
  return (
    <section class="stack" aria-label={formatDate(dayBegin)}>
      <div class="row spread">
        <h2>{formatDate(dayBegin)}</h2>
        <p class="muted counted" role="status">
          {isLoading && events.length === 0
            ? texts.common.loading
            : isMore
              ? words.loaded(events.length)
              : words.count(events.length)}
        </p>
      </div>
      <Newer filter={filter} onShow={pages.reload} />
      {events.length === 0 && !isLoading && error === undefined && (
        <p class="muted">{countSet(filter) > 0 ? words.noneFiltered : words.none}</p>
      )}
      <EventList events={events} dayBegin={dayBegin} hrefOf={hrefOf} onEnd={pages.loadMore} />
      {isLoading && events.length > 0 && <p class="muted">{words.loadingMore}</p>}
      {error !== undefined && (
        <>
          <ErrorNotice error={error} />
          <div>
            <Button onClick={events.length > 0 ? pages.loadMore : pages.reload}>
              {texts.common.retry}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

/** That objects appeared since the list was loaded: it does not move under the reader. */
function Newer({ filter, onShow }: { filter: EventFilter; onShow(): void }) {
  const key = JSON.stringify(filter);
  const [seen, setSeen] = useState({ key, last: live.events.value.at(-1) });
  const ownSeen = seen.key === key ? seen : { key, last: live.events.value.at(-1) };
  if (ownSeen !== seen) setSeen(ownSeen);
  const events = live.events.value;
  const newer = events
    .slice(ownSeen.last ? events.indexOf(ownSeen.last) + 1 : 0)
    .filter(
      ({ event_type, camera, label, startedAt, zones, confidence }) =>
        event_type === 'appeared' &&
        dayOf(startedAt) === filter.day &&
        (filter.cameras.length === 0 || filter.cameras.includes(camera)) &&
        (filter.labels.length === 0 || filter.labels.includes(label)) &&
        (filter.zones.length === 0 || filter.zones.some((zone) => zones.includes(zone))) &&
        (confidence ?? 1) >= Number(filter.confidence) &&
        filter.marked !== 'true',
    ).length;
  const show = useCallback(() => {
    setSeen({ key, last: live.events.value.at(-1) });
    onShow();
  }, [key, onShow]);
  if (newer === 0) return null;
  return (
    <div>
      <Button look="primary" onClick={show}>
        {words.newer(newer)}
      </Button>
    </div>
  );
}

interface ExportsProps {
  filter: EventFilter;
  query: Query;
  choices: { cameras: readonly { value: string; text: string }[] };
}

function Exports({ filter: { cameras, day }, query, choices }: ExportsProps) {
  const [camera, ...others] = cameras;
  return (
    <>
      {camera !== undefined && others.length === 0 && (
        <Timelapse
          camera={camera}
          name={choices.cameras.find(({ value }) => value === camera)?.text ?? camera}
          day={day}
        />
      )}
      <details class="exports">
        <summary class="button">{words.exports}</summary>
        <div class="card stack">
          <p class="muted">{words.exportsHelp}</p>
          <a class="button" href={apiUrl('/sightings/export.csv', query)} download>
            {words.csv}
          </a>
          <a class="button" href={apiUrl('/sightings/export.coco.zip', query)} download>
            {words.coco}
          </a>
        </div>
      </details>
    </>
  );
}
