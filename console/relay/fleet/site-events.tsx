import { useEffect, useState } from 'preact/hooks';
import type { SiteCamerasAnswer } from '../../../core/contract/fleet.js';
import type { ReceivedSummary } from '../../../core/contract/site.js';
import { api } from '../../shared/api.js';
import { formatDateTime, formatDuration, formatPercent } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { Field, SelectField } from '../../shared/ui/field.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { useAction } from '../../shared/use-action.js';
import { useResource } from '../../shared/use-resource.js';
import { useSearch } from '../../shared/use-search.js';
import { texts } from '../../texts/texts.js';
import { readDailyTotals } from './daily-totals.js';

const words = texts.fleet;
const PAGE = 100;
/** Arrivals within this time of the snapshot are usual. */
const LATE_SECONDS = 60;
const LABEL_DAYS = 90;

interface Page {
  summaries: ReceivedSummary[];
  next: string | null;
}

/** What a site reported, newest first; the filters stand in the address of the page. */
export function SiteEvents({ site }: { site: string }) {
  const search = useSearch();
  const [camera, label, from, to] = ['camera', 'label', 'from', 'to'].map((name) =>
    search.get(name),
  );
  const { rows, next, more } = usePages(site, { camera, label, from, to });
  const cameras = useResource<SiteCamerasAnswer>(`/sites/${encodeURIComponent(site)}/cameras`);
  const labels = useLabels(site);
  const known = cameras.data?.cameras.map(({ id }) => id) ?? [];
  return (
    <Section title={words.events} help={words.eventsHelp}>
      <div class="event-filters">
        <SelectField
          label={words.camera}
          value={camera ?? ''}
          options={choices(words.anyCamera, known, camera)}
          onValue={(value) => search.change({ camera: value })}
        />
        <SelectField
          label={words.label}
          value={label ?? ''}
          options={choices(words.anyLabel, labels, label)}
          onValue={(value) => search.change({ label: value })}
        />
        <DateField
          label={words.from}
          value={from}
          onValue={(value) => search.change({ from: value })}
        />
        <DateField label={words.to} value={to} onValue={(value) => search.change({ to: value })} />
      </div>
      <ErrorNotice error={more.error} />
      {rows && (
        <Table
          caption={words.events}
          columns={COLUMNS}
          rows={rows}
          keyOf={({ snapshot }) => snapshot}
          empty={words.noEvents}
        />
      )}
      {!rows && more.error === undefined && <p role="status">{texts.common.loading}</p>}
      {next != null && (
        <div>
          <Button busy={more.busy} onClick={() => void more.run()}>
            {texts.common.more}
          </Button>
        </div>
      )}
    </Section>
  );
}

interface DateFieldProps {
  label: string;
  value: string | undefined;
  onValue(value: string): void;
}

const DateField = ({ label, value, onValue }: DateFieldProps) => (
  <Field label={label}>
    {(described) => (
      <input
        class="input"
        type="date"
        value={value ?? ''}
        onChange={(event) => onValue(event.currentTarget.value)}
        {...described}
      />
    )}
  </Field>
);

function choices(all: string, names: readonly string[], chosen: string | undefined) {
  const known = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return [{ value: '', text: all }, ...known.map((name) => ({ value: name, text: name }))];
}

/** The labels of the last months, the most frequent first. */
function useLabels(site: string): string[] {
  const [labels, setLabels] = useState<string[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    readDailyTotals(site, LABEL_DAYS, ended.signal).then(
      (totals) => setLabels(totals.labels.map(({ label }) => label)),
      // Without them, the filter has no choices; the list shows what is wrong.
      () => undefined,
    );
    return () => ended.abort();
  }, [site]);
  return labels;
}

interface Filter {
  camera: string | undefined;
  label: string | undefined;
  /** Days of the reader's zone, both inclusive. */
  from: string | undefined;
  to: string | undefined;
}

/** The beginning of a day of the reader's zone. */
function beginOf(day: string | undefined, later = 0): string | undefined {
  if (day === undefined) return undefined;
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

function usePages(site: string, { camera, label, from, to }: Filter) {
  const [pages, setPages] = useState<Page & { of: string }>();
  const of = JSON.stringify([site, camera, label, from, to]);
  const own = pages?.of === of ? pages : undefined;
  const more = useAction(async () => {
    const page = await api.get<Page>(`/sites/${encodeURIComponent(site)}/summaries`, {
      query: {
        ...{ camera, label, limit: PAGE, after: own?.next },
        ...{ from: beginOf(from), to: beginOf(to, 1) },
      },
    });
    setPages({ of, summaries: [...(own?.summaries ?? []), ...page.summaries], next: page.next });
  });
  useEffect(() => {
    void more.run();
  }, [of]);
  return { rows: own?.summaries, next: own?.next, more };
}

/** "2 × car (91 %)", the strongest of each label. */
function foundIn({ detections }: ReceivedSummary): string {
  const best = new Map<string, { count: number; confidence: number }>();
  for (const { label, confidence } of detections) {
    const { count = 0, confidence: before = 0 } = best.get(label) ?? {};
    best.set(label, { count: count + 1, confidence: Math.max(before, confidence) });
  }
  return [...best]
    .map(
      ([label, { count, confidence }]) =>
        `${count > 1 ? `${count} × ` : ''}${label} (${formatPercent(confidence)})`,
    )
    .join(', ');
}

function Arrived({ of: { takenAt, receivedAt } }: { of: ReceivedSummary }) {
  const seconds = (Date.parse(receivedAt) - Date.parse(takenAt)) / 1_000;
  return (
    <>
      {formatDateTime(receivedAt)}
      {seconds > LATE_SECONDS && <div class="muted">{words.late(formatDuration(seconds))}</div>}
    </>
  );
}

const COLUMNS: Column<ReceivedSummary>[] = [
  { title: words.takenAt, cell: ({ takenAt }) => formatDateTime(takenAt) },
  { title: words.camera, cell: ({ camera }) => camera },
  {
    title: words.what,
    cell: (summary) => foundIn(summary) || <span class="muted">{words.nothing}</span>,
  },
  { title: words.arrived, cell: (summary) => <Arrived of={summary} /> },
];
