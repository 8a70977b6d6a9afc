import type { ComponentChildren } from 'preact';
import { CheckField } from './field.js';

interface CheckListProps {
  label: string;
  help?: ComponentChildren;
  options: readonly { value: string; text: string }[];
  chosen: readonly string[];
  onValue(chosen: string[]): void;
}

/** Some of a few. What is chosen and no longer offered stays until it is unticked. */
export function CheckList({ label, help, options, chosen, onValue }: CheckListProps) {
  const gone = chosen.filter((value) => !options.some((option) => option.value === value));
  const all = [...options, ...gone.map((value) => ({ value, text: value }))];
  return (
    <fieldset>
      <legend>{label}</legend>
      {help && <p class="muted">{help}</p>}
      {all.map(({ value, text }) => (
        <CheckField
          key={value}
          label={text}
          checked={chosen.includes(value)}
          onValue={(isChosen) =>
            onValue([...chosen.filter((one) => one !== value), ...(isChosen ? [value] : [])])
          }
        />
      ))}
    </fieldset>
  );
}
