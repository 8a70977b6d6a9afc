import { useRef, useState } from 'preact/hooks';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { api } from '../../../shared/api.js';
import { Button } from '../../../shared/ui/button.js';
import { Field, TextField } from '../../../shared/ui/field.js';
import { ErrorNotice, showToast } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { DETECTORS } from './catalogue.js';

const words = texts.cameras.detectors;

interface Added {
  outcome: keyof typeof words.outcomes;
  detector: DetectorResource;
}

/** Adds a model or a cascade from a file of the reader's device. */
export function AddDetector({ onAdded }: { onAdded(): Promise<void> }) {
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const file = form.current?.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0];
    const body = new FormData();
    if (name.trim() !== '') body.append('name', name.trim());
    if (description.trim() !== '') body.append('description', description);
    if (file) body.append('file', file);
    try {
      const { outcome, detector } = await api.post<Added>(DETECTORS, body);
      showToast(words.outcomes[outcome](detector.id));
      form.current?.reset();
      setName('');
      setDescription('');
      await onAdded();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="card stack settings" ref={form} onSubmit={submit}>
      <h2>{words.add}</h2>
      <p class="muted">{words.addHelp}</p>
      <div class="fields">
        <Field label={words.file}>
          {(described) => (
            <input class="input" type="file" accept=".onnx,.xml" required {...described} />
          )}
        </Field>
        <TextField
          label={words.id}
          help={words.idHelp}
          value={name}
          autocapitalize="none"
          spellcheck={false}
          maxLength={63}
          onValue={setName}
        />
      </div>
      <Field label={words.description} help={words.descriptionHelp}>
        {(described) => (
          <textarea
            class="input"
            spellcheck={false}
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
            {...described}
          />
        )}
      </Field>
      <ErrorNotice error={error} />
      <div>
        <Button type="submit" busy={busy}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
