import { useState } from 'preact/hooks';
import type { GivenSecret } from '../../../core/contract/notification-way.js';
import { texts } from '../../texts/texts.js';
import { Button } from '../ui/button.js';
import { TextField } from '../ui/field.js';

const words = texts.notifications;

interface SecretFieldProps {
  label: string;
  help?: string | undefined;
  /** As text: an address that one wants to read while one types it. */
  isShown?: boolean;
  required?: boolean;
  placeholder?: string | undefined;
  value: GivenSecret | undefined;
  error?: string | undefined;
  onValue(value: GivenSecret | undefined): void;
}

/** A secret. One that is set is never shown: it is kept, or replaced by another. */
export function SecretField({
  label,
  help,
  isShown = false,
  required = false,
  placeholder,
  value,
  error,
  onValue,
}: SecretFieldProps) {
  const [kept] = useState(typeof value === 'object' ? value : undefined);
  if (typeof value === 'object')
    return (
      <div class="field">
        <span class="label">{label}</span>
        <div class="row">
          <span>{words.secretSet(value.shown)}</span>
          <Button aria-label={`${words.replaceSecret}: ${label}`} onClick={() => onValue('')}>
            {words.replaceSecret}
          </Button>
          {!required && (
            <Button
              aria-label={`${words.clearSecret}: ${label}`}
              onClick={() => onValue(undefined)}
            >
              {words.clearSecret}
            </Button>
          )}
        </div>
        {error && <p class="error">{error}</p>}
      </div>
    );
  return (
    <div class="stack">
      <TextField
        label={label}
        help={help}
        type={isShown ? 'text' : 'password'}
        autocomplete="off"
        spellcheck={false}
        required={required}
        placeholder={placeholder}
        value={value ?? ''}
        onValue={onValue}
        error={error}
      />
      {kept && (
        <div>
          <Button onClick={() => onValue(kept)}>{words.keepSecret}</Button>
        </div>
      )}
    </div>
  );
}
