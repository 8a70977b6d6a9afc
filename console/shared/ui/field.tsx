import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import './field.css';

interface FrameProps {
  label: string;
  help?: ComponentChildren;
  error?: string | undefined;
}

interface Described {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean;
}

interface FieldProps extends FrameProps {
  /** The input itself; it takes the attributes that tie it to its label, help and error. */
  children: (described: Described) => ComponentChildren;
}

/** A label, an input, what it means, and what is wrong with it. */
export function Field({ label, help, error, children }: FieldProps) {
  const id = useId();
  const parts = [help && `${id}-help`, error && `${id}-error`].filter(Boolean);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-describedby': parts.length > 0 ? parts.join(' ') : undefined,
        'aria-invalid': error !== undefined,
      })}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

type InputProps = FrameProps &
  Omit<JSX.IntrinsicElements['input'], 'onInput' | 'label'> & { onValue(value: string): void };

export function TextField({ label, help, error, onValue, ...input }: InputProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(described) => (
        <input
          class="input"
          onInput={(event) => onValue(event.currentTarget.value)}
          {...input}
          {...described}
        />
      )}
    </Field>
  );
}

type SelectProps = FrameProps &
  Omit<JSX.IntrinsicElements['select'], 'onChange' | 'label' | 'value'> & {
    value: string;
    options: readonly { value: string; text: string }[];
    onValue(value: string): void;
  };

export function SelectField({ label, help, error, options, onValue, ...select }: SelectProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(described) => (
        <select
          class="input"
          onChange={(event) => onValue(event.currentTarget.value)}
          {...select}
          {...described}
        >
          {options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: string;
  help?: string;
  checked: boolean;
  disabled?: boolean;
  onValue(checked: boolean): void;
}

export function CheckField({ label, help, checked, disabled, onValue }: CheckProps) {
  const id = useId();
  return (
    <div class="field">
      <div class="check">
        <input
          id={id}
          type="checkbox"
          checked={checked}
          disabled={disabled}
          aria-describedby={help ? `${id}-help` : undefined}
          onChange={(event) => onValue(event.currentTarget.checked)}
        />
        <label for={id}>{label}</label>
      </div>
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
