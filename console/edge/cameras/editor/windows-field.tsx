import { Button } from '../../../shared/ui/button.js';
import { TextField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { useEditor } from './editor-context.js';

const words = texts.cameras.schedule;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof DAYS)[number];

interface TimeWindow {
  days?: Day[];
  from: string;
  to: string;
}

const NEW: TimeWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00' };

/** The time windows in which the schedule is active. */
export function WindowsField() {
  const { draft, set, isReadOnly } = useEditor();
  const windows = (draft.windows as TimeWindow[] | undefined) ?? [];
  const change = (next: TimeWindow[]) => set('windows', next.length === 0 ? undefined : next);
  return (
    <fieldset class="plain stack">
      <legend>{words.windows}</legend>
      <p class="muted">{words.windowsHelp}</p>
      {windows.map((window, i) => (
        <WindowRow
          key={i}
          index={i}
          window={window}
          onChange={(changed) => change(windows.map((one, j) => (j === i ? changed : one)))}
          onRemove={() => change(windows.filter((_, j) => j !== i))}
        />
      ))}
      {!isReadOnly && (
        <div>
          <Button onClick={() => change([...windows, NEW])}>{words.addWindow}</Button>
        </div>
      )}
    </fieldset>
  );
}

interface RowProps {
  index: number;
  window: TimeWindow;
  onChange(window: TimeWindow): void;
  onRemove(): void;
}

function WindowRow({ index, window, onChange, onRemove }: RowProps) {
  const { errorAt, isReadOnly } = useEditor();
  const days = window.days ?? [...DAYS];
  const toggle = (day: Day) => {
    const chosen = DAYS.filter((one) => (one === day) !== days.includes(one));
    const { days: _, ...rest } = window;
    onChange(chosen.length === DAYS.length ? rest : { ...rest, days: chosen });
  };
  return (
    <fieldset class="time-window">
      <legend class="visually-hidden">{words.window(index + 1)}</legend>
      <div class="row">
        {DAYS.map((day) => (
          <label key={day} class="chip">
            <input
              type="checkbox"
              checked={days.includes(day)}
              disabled={isReadOnly}
              onChange={() => toggle(day)}
            />
            {words.days[day]}
          </label>
        ))}
      </div>
      {(['from', 'to'] as const).map((end) => (
        <TextField
          key={end}
          label={words[end]}
          type="time"
          required
          value={window[end]}
          error={errorAt(`windows.${index}.${end}`)}
          disabled={isReadOnly}
          onValue={(time) => onChange({ ...window, [end]: time })}
        />
      ))}
      {!isReadOnly && (
        <Button onClick={onRemove} aria-label={words.removeWindow(index + 1)}>
          {texts.common.remove}
        </Button>
      )}
    </fieldset>
  );
}
