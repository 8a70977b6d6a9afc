import type { Sighting } from '../../../core/contract/sighting.js';
import { formatNumber, formatPercent } from '../../shared/format.js';
import { remembered } from '../../shared/remembered.js';
import { Field, SelectField } from '../../shared/ui/field.js';
import { texts } from '../../texts/texts.js';
import { type Choices, countSet, type EventFilter } from './event-filter.js';
import { useZoneChoices } from './use-zone-choices.js';
import './event-filters.css';

const words = texts.events;

const isOpen = remembered<boolean>('event-filters', false);

const CONFIDENCES = [
  { value: '', text: words.anyConfidence },
  ...[0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((share) => ({
    value: String(share),
    text: formatPercent(share),
  })),
];

const MARKS = [
  { value: '', text: words.marked.all },
  { value: 'true', text: words.marked.wrong },
  { value: 'false', text: words.marked.right },
];

export type FilterChange = Record<string, string | readonly string[]>;

interface EventFiltersProps {
  filter: EventFilter;
  choices: Choices;
  /** Those that are loaded. */
  events: readonly Sighting[];
  clearHref: string;
  onChange(change: FilterChange): void;
}

export function EventFilters(props: EventFiltersProps) {
  const set = countSet(props.filter);
  return (
    <details
      class="card event-filters"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{set > 0 ? words.filtered(set) : words.filter}</summary>
      {isOpen.value && <Parts {...props} />}
    </details>
  );
}

function Parts({ filter, choices, events, clearHref, onChange }: EventFiltersProps) {
  const zones = useZoneChoices(filter, events);
  return (
    <div class="stack">
      <Several
        title={words.cameras}
        options={choices.cameras}
        chosen={filter.cameras}
        onChange={(camera) => onChange({ camera })}
      />
      <Several
        title={words.labels}
        options={choices.labels}
        chosen={filter.labels}
        onChange={(label) => onChange({ label })}
      />
      <Several
        title={words.zones}
        options={zones.map((zone) => ({ value: zone, text: zone }))}
        chosen={filter.zones}
        onChange={(zone) => onChange({ zone })}
      />
      <Others filter={filter} onChange={onChange} />
      {countSet(filter) > 0 && (
        <div>
          <a class="button" href={clearHref}>
            {words.clear}
          </a>
        </div>
      )}
    </div>
  );
}

function Others({ filter, onChange }: Pick<EventFiltersProps, 'filter' | 'onChange'>) {
  return (
    <div class="others">
      <SelectField
        label={words.confidence}
        value={filter.confidence}
        options={
          CONFIDENCES.some(({ value }) => value === filter.confidence)
            ? CONFIDENCES
            : [
                ...CONFIDENCES,
                { value: filter.confidence, text: formatNumber(Number(filter.confidence)) },
              ]
        }
        onValue={(confidence) => onChange({ confidence })}
      />
      <SelectField
        label={words.marks}
        value={filter.marked}
        options={MARKS}
        onValue={(marked) => onChange({ marked })}
      />
      <Time label={words.from} value={filter.from} onValue={(from) => onChange({ from })} />
      <Time label={words.to} value={filter.to} onValue={(to) => onChange({ to })} />
    </div>
  );
}

interface TimeProps {
  label: string;
  value: string;
  onValue(value: string): void;
}

const Time = ({ label, value, onValue }: TimeProps) => (
  <Field label={label}>
    {(described) => (
      <input
        class="input"
        type="time"
        value={value}
        onChange={({ currentTarget }) => onValue(currentTarget.value)}
        {...described}
      />
    )}
  </Field>
);

interface SeveralProps {
  title: string;
  options: readonly { value: string; text: string }[];
  chosen: readonly string[];
  onChange(chosen: string[]): void;
}

/** Any number of the options; none chosen stands for all. */
function Several({ title, options, chosen, onChange }: SeveralProps) {
  if (options.length === 0) return null;
  return (
    <fieldset class="several">
      <legend>{title}</legend>
      {options.map(({ value, text }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked ? [...chosen, value] : chosen.filter((one) => one !== value))
            }
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
