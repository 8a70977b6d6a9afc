import { TextField } from '../ui/field.js';

interface NumberFieldProps {
  label: string;
  help?: string;
  min: number;
  max: number;
  required?: boolean;
  placeholder?: string;
  value: number | undefined;
  error?: string | undefined;
  /** Undefined while the field is empty. */
  onValue(value: number | undefined): void;
}

export const NumberField = ({ value, onValue, help, ...rest }: NumberFieldProps) => (
  <TextField
    type="number"
    step="any"
    inputMode="decimal"
    help={help}
    value={value ?? ''}
    onValue={(text) => onValue(text === '' ? undefined : Number(text))}
    {...rest}
  />
);
