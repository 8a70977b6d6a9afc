import { useState } from 'preact/hooks';
import { api } from '../../shared/api.js';
import { Button } from '../../shared/ui/button.js';
import { Field } from '../../shared/ui/field.js';
import { ErrorNotice, showToast } from '../../shared/ui/notice.js';
import { fieldErrorOf, useAction } from '../../shared/use-action.js';
import { texts } from '../../texts/texts.js';
import './enrol-form.css';

const words = texts.cloud;

export interface Enrolment {
  site: string;
  relay: string;
  broker: string;
}

interface EnrolFormProps {
  onDone(): void;
  onCancel?(): void;
}

/** Exchanges a code for an account at a relay. */
export function EnrolForm({ onDone, onCancel }: EnrolFormProps) {
  const [code, setCode] = useState('');
  const action = useAction(async () => {
    const { enrolment } = await api.post<{ enrolment: Enrolment }>('/enrolment', {
      code: code.trim(),
    });
    showToast(words.enrolled(enrolment.relay));
    setCode('');
    onDone();
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void action.run();
  };
  return (
    <form class="stack enrol" onSubmit={submit}>
      <Field label={words.code} help={words.codeHelp} error={fieldErrorOf(action.error, 'code')}>
        {(described) => (
          <textarea
            class="input"
            rows={3}
            required
            spellcheck={false}
            autocapitalize="characters"
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
            {...described}
          />
        )}
      </Field>
      <ErrorNotice error={action.error} />
      <div class="row">
        <Button type="submit" look="primary" busy={action.busy}>
          {action.busy ? words.enrolling : words.enrol}
        </Button>
        {onCancel && <Button onClick={onCancel}>{texts.common.cancel}</Button>}
      </div>
    </form>
  );
}
