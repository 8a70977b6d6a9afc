import { useId, useState } from 'preact/hooks';
import { texts } from '../../texts/texts.js';
import { Button } from './button.js';
import './chips-field.css';
import { Field } from './field.js';

interface ChipsFieldProps {
  label: string;
  help?: string;
  /** Shown while one types; others may be typed, too. */
  suggestions: readonly string[];
  chosen: readonly string[];
  error?: string | undefined;
  onValue(chosen: string[]): void;
}

/**
 * A list of words: typed, or taken from suggestions. Enter or the button begins the next one. What is typed counts at once,
 * so that nothing moves under the pointer when the field is left.
 */
export function ChipsField({ label, help, suggestions, chosen, error, onValue }: ChipsFieldProps) {
  const [text, setText] = useState('');
  const list = useId();
  const typed = text.trim();
  const chips = chosen.filter((word) => word !== typed);
  const type = (next: string) => {
    setText(next);
    onValue([...chips, ...(next.trim() === '' ? [] : [next.trim()])]);
  };
  const add = () => setText('');
  return (
    <div class="chips-field">
      <Field label={label} help={help} error={error}>
        {(described) => (
          <div class="chips-input">
            <input
              class="input"
              list={list}
              value={text}
              onInput={(event) => type(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                // It would send the form.
                event.preventDefault();
                add();
              }}
              {...described}
            />
            <Button onClick={add}>{texts.common.add}</Button>
          </div>
        )}
      </Field>
      <datalist id={list}>
        {suggestions
          .filter((word) => !chips.includes(word))
          .map((word) => (
            <option key={word} value={word} />
          ))}
      </datalist>
      {chips.length > 0 && (
        <ul class="chips">
          {chips.map((word) => (
            <li key={word}>
              {word}
              <button
                type="button"
                aria-label={texts.common.removeNamed(word)}
                onClick={() => onValue(chosen.filter((one) => one !== word))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
