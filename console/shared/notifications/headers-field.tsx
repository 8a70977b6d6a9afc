import { texts } from '../../texts/texts.js';
import { Button } from '../ui/button.js';
import { TextField } from '../ui/field.js';
import { SecretField } from './secret-field.js';
import type { WebhookDraft } from './way-draft.js';

const words = texts.notifications;
const MOST = 16;
type Headers = WebhookDraft['headers'];

interface HeadersFieldProps {
  value: Headers;
  onValue(headers: Headers): void;
}

export function HeadersField({ value, onValue }: HeadersFieldProps) {
  const replace = (at: number, part: Partial<Headers[number]>) =>
    onValue(value.map((header, i) => (i === at ? { ...header, ...part } : header)));
  return (
    <fieldset>
      <legend>{words.headers}</legend>
      <p class="muted">{words.headersHelp}</p>
      <div class="stack">
        {value.map((header, i) => (
          <fieldset class="stack" key={i}>
            <legend>{words.headerNumber(i + 1)}</legend>
            <TextField
              label={words.header}
              required
              value={header.name}
              onValue={(name) => replace(i, { name })}
            />
            <SecretField
              label={words.headerValue}
              required
              value={header.value}
              onValue={(secret) => replace(i, { value: secret ?? '' })}
            />
            <div>
              <Button
                aria-label={texts.common.removeNamed(words.headerNumber(i + 1))}
                onClick={() => onValue(value.filter((_, at) => at !== i))}
              >
                {texts.common.remove}
              </Button>
            </div>
          </fieldset>
        ))}
        {value.length < MOST && (
          <div>
            <Button onClick={() => onValue([...value, { name: '', value: '' }])}>
              {words.addHeader}
            </Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}
