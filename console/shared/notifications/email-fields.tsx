import { texts } from '../../texts/texts.js';
import { ChipsField } from '../ui/chips-field.js';
import { SelectField, TextField } from '../ui/field.js';
import { fieldErrorOf } from '../use-action.js';
import { NumberField } from './number-field.js';
import { SecretField } from './secret-field.js';
import type { EmailDraft } from './way-draft.js';

const words = texts.notifications;

interface EmailFieldsProps {
  draft: EmailDraft;
  error: unknown;
  onValue(part: Partial<EmailDraft>): void;
}

const SECURITIES: EmailDraft['security'][] = ['starttls', 'tls', 'none'];
const PICTURES: EmailDraft['picture'][] = ['file', 'link', 'none'];

export const EmailFields = ({ draft, error, onValue }: EmailFieldsProps) => (
  <>
    <TextField
      label={words.host}
      required
      spellcheck={false}
      placeholder="mail.example.org"
      value={draft.host}
      onValue={(host) => onValue({ host: host.trim() })}
      error={fieldErrorOf(error, 'host')}
    />
    <SelectField
      label={words.security}
      value={draft.security}
      options={SECURITIES.map((value) => ({ value, text: words.securities[value] }))}
      onValue={(security) => onValue({ security: security as EmailDraft['security'] })}
    />
    <NumberField
      label={words.port}
      help={words.portHelp}
      min={1}
      max={65_535}
      value={draft.port}
      onValue={(port) => onValue({ port })}
      error={fieldErrorOf(error, 'port')}
    />
    <TextField
      label={words.username}
      autocomplete="off"
      spellcheck={false}
      value={draft.username ?? ''}
      onValue={(username) => onValue({ username })}
      error={fieldErrorOf(error, 'username')}
    />
    <SecretField
      label={words.password}
      value={draft.password}
      onValue={(password) => onValue({ password })}
      error={fieldErrorOf(error, 'password')}
    />
    <TextField
      label={words.sender}
      type="email"
      required
      value={draft.from}
      onValue={(from) => onValue({ from: from.trim() })}
      error={fieldErrorOf(error, 'from')}
    />
    <ChipsField
      label={words.recipients}
      help={words.recipientsHelp}
      suggestions={[]}
      chosen={draft.to}
      onValue={(to) => onValue({ to })}
      error={fieldErrorOf(error, 'to')}
    />
    <SelectField
      label={words.picture}
      value={draft.picture}
      options={PICTURES.map((value) => ({ value, text: words.pictures[value] }))}
      onValue={(picture) => onValue({ picture: picture as EmailDraft['picture'] })}
    />
  </>
);
