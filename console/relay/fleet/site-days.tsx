import { useEffect, useState } from 'preact/hooks';
import { formatNumber, formatUtcDay } from '../../shared/format.js';
import { lazyPart } from '../../shared/lazy-part.js';
import { SelectField } from '../../shared/ui/field.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { Table } from '../../shared/ui/table.js';
import { texts } from '../../texts/texts.js';
import { type DailyTotals, readDailyTotals } from './daily-totals.js';

const DayChart = lazyPart(() => import('./day-chart.js').then((part) => part.DayChart));

const words = texts.fleet;
const MOST_COLUMNS = 8;

/** A site's detections by day: a chart, and the same as a table. */
export function SiteDays({ site }: { site: string }) {
  const [range, setRange] = useState('30');
  const [totals, setTotals] = useState<DailyTotals>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const ended = new AbortController();
    readDailyTotals(site, Number(range), ended.signal).then(
      (found) => {
        setTotals(found);
        setError(undefined);
      },
      (fault) => {
        if (!ended.signal.aborted) setError(fault);
      },
    );
    return () => ended.abort();
  }, [site, range]);
  return (
    <Section title={words.byDay}>
      <div class="event-filters">
        <SelectField label={words.range} value={range} options={words.ranges} onValue={setRange} />
      </div>
      <ErrorNotice error={error} />
      {totals === undefined && error === undefined && <p role="status">{texts.common.loading}</p>}
      {totals &&
        (totals.labels.length === 0 ? (
          <p class="muted">{words.noTotals}</p>
        ) : (
          <>
            <DayChart totals={totals} />
            <details>
              <summary>{words.asTable}</summary>
              <DayTable totals={totals} />
            </details>
          </>
        ))}
    </Section>
  );
}

function DayTable({ totals: { days, totals, labels } }: { totals: DailyTotals }) {
  const rows = days.map((day, i) => ({ day, i })).reverse();
  return (
    <Table<{ day: string; i: number }>
      caption={words.byDay}
      rows={rows}
      keyOf={({ day }) => day}
      empty={words.noTotals}
      columns={[
        { title: words.day, cell: ({ day }) => formatUtcDay(day) },
        { title: words.total, isNumber: true, cell: ({ i }) => formatNumber(totals[i] ?? 0) },
        ...labels.slice(0, MOST_COLUMNS).map(({ label, byDay }) => ({
          title: label,
          isNumber: true,
          cell: ({ i }: { i: number }) => formatNumber(byDay[i] ?? 0),
        })),
      ]}
    />
  );
}
