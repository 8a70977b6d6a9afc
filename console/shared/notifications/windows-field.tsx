import type { TimeWindow } from '../../../core/contract/time-window.js';
import { texts } from '../../texts/texts.js';
import { Button } from '../ui/button.js';
import { TextField } from '../ui/field.js';
import './windows-field.css';

const words = texts.notifications;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const FIRST: TimeWindow = { from: '22:00', to: '06:00' };
const MOST = 16;

interface WindowsFieldProps {
  value: readonly TimeWindow[];
  onValue(windows: TimeWindow[]): void;
}

/** When a rule applies. */
export function WindowsField({ value, onValue }: WindowsFieldProps) {
  const replace = (at: number, window: TimeWindow) =>
    onValue(value.map((one, i) => (i === at ? window : one)));
  return (
    <fieldset>
      <legend>{words.windows}</legend>
      <p class="muted">{words.windowsHelp}</p>
      <div class="stack">
        {value.map((window, i) => (
          <Window
            key={i}
            label={words.window(i + 1)}
            window={window}
            onValue={(next) => replace(i, next)}
            onRemove={() => onValue(value.filter((_, at) => at !== i))}
          />
        ))}
        {value.length < MOST && (
          <div>
            <Button onClick={() => onValue([...value, FIRST])}>{words.addWindow}</Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}

interface WindowProps {
  label: string;
  window: TimeWindow;
  onValue(window: TimeWindow): void;
  onRemove(): void;
}

function Window({ label, window, onValue, onRemove }: WindowProps) {
  const { from, to, days } = window;
  const chosen = days ?? DAYS;
  const toggle = (day: (typeof DAYS)[number]) => {
    const next = DAYS.filter((one) => chosen.includes(one) !== (one === day));
    if (next.length === 0) return;
    onValue({ from, to, ...(next.length < DAYS.length && { days: next }) });
  };
  return (
    <fieldset class="time-window">
      <legend>{label}</legend>
      <TextField
        label={words.from}
        type="time"
        required
        value={from}
        onValue={(value) => onValue({ ...window, from: value })}
      />
      <TextField
        label={words.to}
        type="time"
        required
        value={to === '24:00' ? '00:00' : to}
        onValue={(value) => onValue({ ...window, to: value === '00:00' ? '24:00' : value })}
      />
      <div class="days">
        {DAYS.map((day) => (
          <label key={day}>
            <input type="checkbox" checked={chosen.includes(day)} onChange={() => toggle(day)} />
            {words.dayNames[day]}
          </label>
        ))}
      </div>
      <Button onClick={onRemove} aria-label={texts.common.removeNamed(label)}>
        {texts.common.remove}
      </Button>
    </fieldset>
  );
}
