import { useEffect, useState } from 'preact/hooks';
import { SelectField, TextField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { useEditor } from './editor-context.js';
import { STANDARD_SCHEDULE } from './fields.js';

const words = texts.cameras.schedule;
const OWN = 'own';

/** What a cron expression means, in words; its library is loaded with the first expression. */
function useCronInWords(cron: string): string | undefined {
  const [text, setText] = useState<string>();
  useEffect(() => {
    let current = true;
    const locale = { use24HourTimeFormat: true, verbose: false };
    import('cronstrue')
      .then(({ default: cronstrue }) => cronstrue.toString(cron, locale))
      .catch(() => undefined)
      .then((found) => {
        if (current) setText(found);
      });
    return () => {
      current = false;
    };
  }, [cron]);
  return text;
}

/** How often: a rhythm from a list, or a cron expression; in words in any case. */
export function ScheduleField() {
  const { draft, set, errorAt, isReadOnly } = useEditor();
  const cron = typeof draft.schedule === 'string' ? draft.schedule : STANDARD_SCHEDULE;
  const preset = words.presets.find((one) => one.cron === cron)?.cron ?? OWN;
  const [isOwn, setOwn] = useState(preset === OWN);
  const inWords = useCronInWords(cron);
  const use = (value: string) => {
    setOwn(value === OWN);
    if (value !== OWN) set('schedule', value === STANDARD_SCHEDULE ? undefined : value);
  };
  const { label = '', help } = texts.cameras.fields.schedule ?? {};
  return (
    <div class="schedule stack">
      <SelectField
        label={words.preset}
        value={isOwn ? OWN : preset}
        disabled={isReadOnly}
        options={[
          ...words.presets.map(({ cron: value, text }) => ({ value, text })),
          { value: OWN, text: words.own },
        ]}
        onValue={use}
      />
      {(isOwn || preset === OWN) && (
        <TextField
          label={label}
          help={help}
          error={errorAt('schedule')}
          value={cron}
          spellcheck={false}
          disabled={isReadOnly}
          onValue={(text) => set('schedule', text)}
        />
      )}
      <p class="muted" aria-live="polite">
        {words.inWords} {inWords ?? words.notCron}
      </p>
    </div>
  );
}
