import { texts } from '../../texts/texts.js';
import { TextField } from '../ui/field.js';
import { fieldErrorOf } from '../use-action.js';

interface NameFieldProps {
  help: string;
  value: string;
  onValue(name: string): void;
  error: unknown;
}

/** The name of a user or a token: browsers neither correct nor complete it. */
export const NameField = ({ help, value, onValue, error }: NameFieldProps) => (
  <TextField
    label={texts.people.name}
    help={help}
    autocapitalize="none"
    spellcheck={false}
    autocomplete="off"
    required
    value={value}
    onValue={onValue}
    error={fieldErrorOf(error, 'name')}
  />
);
