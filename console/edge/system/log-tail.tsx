import { useState } from 'preact/hooks';
import type { LogLineResource, LogPage } from '../../../core/contract/system.js';
import { formatDateTime } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { CheckField, SelectField, TextField } from '../../shared/ui/field.js';
import { Loading } from '../../shared/ui/loading.js';
import { ErrorNotice, type Tone } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import './log-tail.css';

const words = texts.system;
type Level = LogLineResource['level'];
const LEVELS: Level[] = ['debug', 'info', 'warn', 'error'];
const TONES: Record<Level, Tone> = {
  debug: 'info',
  info: 'info',
  warn: 'warning',
  error: 'bad',
  fatal: 'bad',
};
const EVERY_SECONDS = 2;

/** The end of the log, with filters. */
export function LogTail() {
  const [level, setLevel] = useState<Level>('info');
  const [component, setComponent] = useState('');
  const [text, setText] = useState('');
  const [follow, setFollow] = useState(true);
  const log = useResource<LogPage>('/system/log', {
    query: { level, component, text: text.trim(), limit: 300 },
    ...(follow && { everySeconds: EVERY_SECONDS }),
  });
  return (
    <Section title={words.log} help={words.logHelp}>
      <div class="log-filters">
        <SelectField
          label={words.level}
          value={level}
          options={LEVELS.map((value) => ({ value, text: words.levels[value] }))}
          onValue={(value) => setLevel(value as Level)}
        />
        <SelectField
          label={words.component}
          value={component}
          options={componentOptions(log.data?.components ?? [], component)}
          onValue={setComponent}
        />
        <TextField
          label={words.contains}
          type="search"
          maxLength={100}
          value={text}
          onValue={setText}
        />
        <CheckField label={words.follow} checked={follow} onValue={setFollow} />
      </div>
      <ErrorNotice error={log.data && log.error} />
      {log.data ? <Lines page={log.data} /> : <Loading of={log} />}
    </Section>
  );
}

/** The chosen one stays while the answer to the filter is on its way. */
const componentOptions = (components: string[], chosen: string) => [
  { value: '', text: words.anyComponent },
  ...[...new Set([...components, chosen])]
    .filter((value) => value !== '')
    .map((value) => ({ value, text: value })),
];

function Lines({ page: { lines, forgotten } }: { page: LogPage }) {
  if (lines.length === 0) return <p class="muted">{words.noLines}</p>;
  return (
    <>
      <ol class="log-lines" reversed>
        {lines.toReversed().map((line) => (
          <Line key={line.seq} line={line} />
        ))}
      </ol>
      {forgotten > 0 && <p class="muted">{words.forgotten(forgotten)}</p>}
    </>
  );
}

const Line = ({ line: { at, level, component, text, fields } }: { line: LogLineResource }) => (
  <li>
    <time dateTime={at}>{formatDateTime(at)}</time>
    <Badge tone={TONES[level]}>{words.levels[level]}</Badge>
    <span class="component">{component}</span>
    <span class="text">
      {text}
      {Object.keys(fields).length > 0 && <code>{shown(fields)}</code>}
    </span>
  </li>
);

/** `camera=street error="no answer"` */
const shown = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join(' ');
