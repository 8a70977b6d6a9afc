import type { NotificationsResource } from '../../../core/contract/notification.js';
import type { PictureMode } from '../../../core/contract/notification-way.js';
import { texts } from '../../texts/texts.js';
import { Field, SelectField, TextField } from '../ui/field.js';
import { fieldErrorOf } from '../use-action.js';
import { HeadersField } from './headers-field.js';
import { SecretField } from './secret-field.js';
import type { WebhookDraft } from './way-draft.js';

const words = texts.notifications;

interface WebhookFieldsProps {
  of: NotificationsResource;
  draft: WebhookDraft;
  error: unknown;
  onValue(part: Partial<WebhookDraft>): void;
}

/** What a receiver over HTTP needs; its preset knows the rest. */
export function WebhookFields({ of, draft, error, onValue }: WebhookFieldsProps) {
  const preset = of.presets.find(({ id }) => id === draft.preset);
  const isCustom = draft.preset === 'custom';
  return (
    <>
      {preset && <p class="muted">{preset.hint}</p>}
      <SecretField
        label={words.address}
        isShown
        required
        help={preset && words.likeHint(preset.urlHint)}
        value={draft.url}
        onValue={(url) => onValue({ url: url ?? '' })}
        error={fieldErrorOf(error, 'url')}
      />
      {preset?.needsRecipient && (
        <TextField
          label={words.recipient}
          required
          value={draft.recipient ?? ''}
          onValue={(recipient) => onValue({ recipient })}
          error={fieldErrorOf(error, 'recipient')}
        />
      )}
      {isCustom && <Template of={of} draft={draft} error={error} onValue={onValue} />}
      <SelectField
        label={words.picture}
        value={draft.picture ?? preset?.picture ?? 'none'}
        options={(preset?.pictures ?? ['none']).map((value) => ({
          value,
          text: words.pictures[value],
        }))}
        onValue={(picture) => onValue({ picture: picture as PictureMode })}
        error={fieldErrorOf(error, 'picture')}
      />
      <details open={draft.headers.length > 0 || draft.signingSecret !== undefined}>
        <summary>{words.more}</summary>
        <div class="stack">
          <SecretField
            label={words.signingSecret}
            help={words.signingSecretHelp}
            value={draft.signingSecret}
            onValue={(signingSecret) => onValue({ signingSecret })}
            error={fieldErrorOf(error, 'signingSecret')}
          />
          <HeadersField value={draft.headers} onValue={(headers) => onValue({ headers })} />
        </div>
      </details>
    </>
  );
}

type ContentType = NonNullable<WebhookDraft['contentType']>;
const CONTENT_TYPES: ContentType[] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
];

function Template({ of, draft, error, onValue }: WebhookFieldsProps) {
  const preset = of.presets.find(({ id }) => id === 'custom');
  return (
    <>
      <SelectField
        label={words.method}
        value={draft.method ?? 'POST'}
        options={['POST', 'PUT'].map((value) => ({ value, text: value }))}
        onValue={(method) => onValue({ method: method as 'POST' | 'PUT' })}
      />
      <SelectField
        label={words.contentType}
        value={draft.contentType ?? 'application/json'}
        options={CONTENT_TYPES.map((value) => ({ value, text: value }))}
        onValue={(type) => onValue({ contentType: type as ContentType })}
      />
      <Field label={words.template} help={words.templateHelp} error={fieldErrorOf(error, 'body')}>
        {(described) => (
          <textarea
            class="input"
            rows={5}
            required
            spellcheck={false}
            placeholder={preset?.body}
            value={draft.body ?? ''}
            onInput={(event) => onValue({ body: event.currentTarget.value })}
            {...described}
          />
        )}
      </Field>
      <details>
        <summary>{words.placeholders}</summary>
        <dl class="facts">
          {of.placeholders.map(({ name, meaning }) => (
            <>
              <dt>
                <code>{`{{${name}}}`}</code>
              </dt>
              <dd>{meaning}</dd>
            </>
          ))}
        </dl>
      </details>
    </>
  );
}
