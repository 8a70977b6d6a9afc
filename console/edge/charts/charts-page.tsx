import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import {
  formatDate,
  formatDateTime,
  formatHour,
  formatNumber,
  formatShortDay,
  readersZone,
} from '../../shared/format.js';
import { PartNotLoaded } from '../../shared/lazy-part.js';
import { Button } from '../../shared/ui/button.js';
import { SelectField } from '../../shared/ui/field.js';
import { Loading } from '../../shared/ui/loading.js';
import { Page } from '../../shared/ui/page.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { useSearch } from '../../shared/use-search.js';
import { texts } from '../../texts/texts.js';
import { addDays, instantOf, today } from '../events/days.js';
import { useChoices } from '../events/use-choices.js';
import { useTotals } from '../events/use-totals.js';
import {
  type Bar,
  type ChartChoice,
  type ChartData,
  chartData,
  choiceIn,
  eventsHref,
  firstDay,
  perOf,
  type Series,
  shifted,
} from './chart-query.js';
import './charts-page.css';

const words = texts.charts;

const options = (all: Record<string, string>) =>
  Object.entries(all).map(([value, text]) => ({ value, text }));

/** How many events there were in each hour or on each day. */
export function ChartsPage() {
  const search = useSearch();
  const choice = choiceIn(search);
  const totals = useTotals({
    query: {
      per: perOf(choice),
      timeZone: readersZone(),
      from: instantOf(firstDay(choice)).toISOString(),
      to: instantOf(addDays(choice.day, 1)).toISOString(),
      camera: choice.camera,
      label: choice.label,
    },
    everySeconds: 60,
  });
  const key = JSON.stringify(choice);
  const data = useMemo(() => totals.data && chartData(choice, totals.data), [totals.data, key]);
  return (
    <Page title={words.title}>
      <Choices choice={choice} onChange={search.change} />
      <Days choice={choice} onChange={search.change} />
      {!data && <Loading of={totals} />}
      {data && <Shown choice={choice} data={data} />}
      <p class="muted">
        {words.help} {words.zone(readersZone())}
      </p>
    </Page>
  );
}

interface ChoicesProps {
  choice: ChartChoice;
  onChange(change: Record<string, string>): void;
}

function Choices({ choice, onChange }: ChoicesProps) {
  const { cameras, labels } = useChoices({
    cameras: choice.camera ? [choice.camera] : [],
    labels: choice.label ? [choice.label] : [],
  });
  const fields = [
    { name: 'period', label: words.period, options: options(words.periods) },
    { name: 'by', label: words.by, options: options(words.bys) },
    {
      name: 'camera',
      label: words.camera,
      options: [{ value: '', text: words.allCameras }, ...cameras],
    },
    {
      name: 'label',
      label: words.label,
      options: [{ value: '', text: words.allLabels }, ...labels],
    },
    { name: 'view', label: words.view, options: options(words.views) },
  ] as const;
  return (
    <div class="chart-choices">
      {fields.map(({ name, ...field }) => (
        <SelectField
          key={name}
          {...field}
          value={choice[name]}
          onValue={(value) => onChange({ [name]: value })}
        />
      ))}
    </div>
  );
}

function Days({ choice, onChange }: ChoicesProps) {
  const now = today();
  const later = shifted(choice, 1);
  const first = firstDay(choice);
  return (
    <div class="row">
      <Button onClick={() => onChange({ day: shifted(choice, -1) })}>← {words.previous}</Button>
      <Button
        disabled={choice.day >= now}
        onClick={() => onChange({ day: later < now ? later : '' })}
      >
        {words.next} →
      </Button>
      <Button disabled={choice.day === now} onClick={() => onChange({ day: '' })}>
        {words.today}
      </Button>
      <h2>
        {first === choice.day
          ? formatDate(instantOf(first))
          : `${formatShortDay(instantOf(first))} – ${formatShortDay(instantOf(choice.day))}`}
      </h2>
    </div>
  );
}

interface ShownProps {
  choice: ChartChoice;
  data: ChartData;
}

function Shown({ choice, data }: ShownProps) {
  const cameras = useChoices({ cameras: [], labels: [] }).cameras;
  const nameOf = ({ key }: Series): string => {
    if (key === undefined) return words.others;
    return cameras.find(({ value }) => choice.by === 'camera' && value === key)?.text ?? key;
  };
  if (data.total === 0) return <p class="muted">{words.none}</p>;
  return (
    <>
      <ul class="legend" aria-label={words.total}>
        {data.series.map((series, i) => (
          <li key={series.key ?? ''}>
            <span class="swatch" style={{ background: `var(--series-${i})` }} />
            {nameOf(series)} <strong>{formatNumber(series.total)}</strong>
          </li>
        ))}
        <li class="muted">{words.events(data.total)}</li>
      </ul>
      {choice.view === 'table' ? (
        <TotalsTable choice={choice} data={data} nameOf={nameOf} />
      ) : (
        <LazyChart choice={choice} data={data} />
      )}
    </>
  );
}

const timeText = (choice: ChartChoice, at: number): string =>
  perOf(choice) === 'day'
    ? formatDate(at)
    : choice.period === 'day'
      ? formatHour(at)
      : `${formatShortDay(at)}, ${formatHour(at)}`;

interface TotalsTableProps extends ShownProps {
  nameOf(series: Series): string;
}

function TotalsTable({ choice, data, nameOf }: TotalsTableProps) {
  const columns: Column<Bar>[] = [
    {
      title: perOf(choice) === 'day' ? words.day : words.hour,
      cell: ({ at }) => <a href={eventsHref(choice, at)}>{timeText(choice, at)}</a>,
    },
    ...data.series.map((series, i) => ({
      title: nameOf(series),
      isNumber: true,
      cell: ({ at, counts }: Bar) =>
        counts[i] && series.key !== undefined ? (
          <a href={eventsHref(choice, at, series.key)}>{formatNumber(counts[i])}</a>
        ) : (
          formatNumber(counts[i] ?? 0)
        ),
    })),
    { title: words.total, isNumber: true, cell: ({ total }) => formatNumber(total) },
  ];
  return (
    <Table
      caption={words.title}
      columns={columns}
      rows={data.bars.filter(({ total }) => total > 0)}
      keyOf={({ at }) => at}
      empty={words.none}
    />
  );
}

type BarChartModule = typeof import('./bar-chart.js');

/** The library for charts is loaded when the first one is drawn. */
function LazyChart({ choice, data }: ShownProps) {
  const { route } = useLocation();
  const [part, setPart] = useState<BarChartModule>();
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    import('./bar-chart.js').then(setPart, () => setFailed(true));
  }, []);
  if (isFailed) return <PartNotLoaded />;
  if (!part) return <p role="status">{texts.common.loading}</p>;
  const [first, last] = [data.bars[0]?.at ?? 0, data.bars.at(-1)?.at ?? 0];
  const at = (index: number) => data.bars[index]?.at ?? 0;
  return (
    <part.BarChart
      data={data}
      summary={words.chartOf(formatDateTime(first), formatDateTime(last), data.total)}
      onBar={(index) => route(eventsHref(choice, at(index)))}
      describe={(index) =>
        words.shownEvents(timeText(choice, at(index)), data.bars[index]?.total ?? 0)
      }
    />
  );
}
