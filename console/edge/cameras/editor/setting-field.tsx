import { useState } from 'preact/hooks';
import { Button } from '../../../shared/ui/button.js';
import { CheckField, Field, SelectField, TextField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { randomSecret } from '../add/random-secret.js';
import { valueAt } from './draft.js';
import { type Editor, useEditor } from './editor-context.js';
import { type FieldSpec, standardOf } from './fields.js';

const words = texts.cameras;

/** One setting with its meaning, its default and what is wrong with it. */
export function SettingField({ spec }: { spec: FieldSpec }) {
  const editor = useEditor();
  const value = valueAt(editor.draft, spec.path);
  const common = { ...labelled(spec), error: editor.errorAt(spec.path), spec, value, editor };
  switch (spec.type) {
    case 'check':
      return (
        <CheckField
          label={common.label}
          {...(common.help && { help: common.help })}
          checked={Boolean(value ?? spec.standard)}
          disabled={editor.isReadOnly}
          onValue={(on) => editor.set(spec.path, on === Boolean(spec.standard) ? undefined : on)}
        />
      );
    case 'choice':
      return <ChoiceField {...common} />;
    case 'secret':
      return <SecretField {...common} />;
    case 'number':
      return <NumberField {...common} />;
    case 'slider':
      return <SliderField {...common} />;
    case 'text':
      return (
        <TextField
          label={common.label}
          help={common.help}
          error={common.error}
          value={typeof value === 'string' ? value : ''}
          disabled={editor.isReadOnly}
          required={spec.required}
          spellcheck={false}
          autocomplete="off"
          onValue={(text) => editor.set(spec.path, text === '' ? undefined : text)}
        />
      );
  }
}

function labelled({ path, unit }: FieldSpec): { label: string; help: string | undefined } {
  const text = words.fields[path] ?? { label: path };
  return {
    label: unit ? `${text.label} (${words.units[unit]})` : text.label,
    help: text.help,
  };
}

interface Part {
  label: string;
  help: string | undefined;
  error: string | undefined;
  spec: FieldSpec;
  value: unknown;
  editor: Editor;
}

function NumberField({ label, help, error, spec, value, editor }: Part) {
  const { path, min, max, step } = spec;
  const standard = standardOf(spec, editor.draft.kind);
  return (
    <TextField
      label={label}
      help={help}
      error={error}
      type="number"
      inputmode="decimal"
      min={min}
      max={max}
      step={step ?? 'any'}
      placeholder={standard === undefined ? undefined : words.standard(String(standard))}
      value={typeof value === 'number' ? value : ''}
      disabled={editor.isReadOnly}
      onValue={(text) => editor.set(path, text === '' ? undefined : Number(text))}
    />
  );
}

/** A number with a slider beside it; both are the same setting. */
function SliderField({ label, help, error, spec, value, editor }: Part) {
  const { path, min = 0, max = 1, step, standard } = spec;
  const set = (text: string) => editor.set(path, text === '' ? undefined : Number(text));
  const shown = typeof value === 'number' ? value : standard;
  return (
    <Field label={label} help={help} error={error}>
      {(described) => (
        <div class="slider">
          <input
            type="range"
            aria-label={label}
            min={min}
            max={max}
            step={step}
            value={Number(shown ?? min)}
            disabled={editor.isReadOnly}
            onInput={(event) => set(event.currentTarget.value)}
          />
          <input
            class="input"
            type="number"
            inputmode="decimal"
            min={min}
            max={max}
            step={step}
            placeholder={standard === undefined ? words.noStandard : String(standard)}
            value={typeof value === 'number' ? value : ''}
            disabled={editor.isReadOnly}
            onInput={(event) => set(event.currentTarget.value)}
            {...described}
          />
        </div>
      )}
    </Field>
  );
}

function ChoiceField({ label, help, error, spec, value, editor }: Part) {
  const [first = ''] = spec.choices ?? [];
  const names = words.options[spec.path] ?? {};
  return (
    <SelectField
      label={label}
      help={help}
      error={error}
      disabled={editor.isReadOnly}
      value={value === undefined ? first : JSON.stringify(value)}
      options={(spec.choices ?? []).map((choice) => {
        const text = choice.replaceAll('"', '');
        return { value: choice, text: names[text] ?? (text === '' ? words.noStandard : text) };
      })}
      // The first one is the default.
      onValue={(choice) =>
        editor.set(spec.path, choice === first || choice === '' ? undefined : JSON.parse(choice))
      }
    />
  );
}

const isKept = (value: unknown): boolean => typeof value === 'object' && value !== null;

function SecretField({ label, help, error, spec, value, editor }: Part) {
  const [former] = useState(value);
  const wasSet = isKept(former);
  const set = (text: string) =>
    editor.set(spec.path, text === '' ? (wasSet ? former : undefined) : text);
  return (
    <div class="secret">
      <TextField
        label={label}
        help={isKept(value) ? words.secretSet : help}
        error={error}
        type={spec.path === 'pushSecret' ? 'text' : 'password'}
        autocomplete="new-password"
        spellcheck={false}
        value={typeof value === 'string' ? value : ''}
        disabled={editor.isReadOnly}
        onValue={set}
      />
      {!editor.isReadOnly && (
        <div class="row">
          {spec.path === 'pushSecret' && (
            <Button onClick={() => set(randomSecret())}>{words.generate}</Button>
          )}
          {isKept(value) && (
            <Button onClick={() => editor.set(spec.path, undefined)}>{words.secretClear}</Button>
          )}
        </div>
      )}
    </div>
  );
}
