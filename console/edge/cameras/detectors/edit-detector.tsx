import { useState } from 'preact/hooks';
import type { DetectorResource, DetectorSettings } from '../../../../core/contract/detection.js';
import { api } from '../../../shared/api.js';
import { NumberField } from '../../../shared/notifications/number-field.js';
import { Field, TextField } from '../../../shared/ui/field.js';
import { FormDialog } from '../../../shared/ui/form-dialog.js';
import { showToast } from '../../../shared/ui/notice.js';
import { fieldErrorOf, useAction } from '../../../shared/use-action.js';
import { texts } from '../../../texts/texts.js';
import { DETECTORS } from './catalogue.js';

const words = texts.cameras.detectors;

type Parameter = keyof NonNullable<DetectorSettings['parameters']>;

const PARAMETERS: Record<
  DetectorResource['kind'],
  { name: Parameter; min: number; max: number }[]
> = {
  cascade: [
    { name: 'minNeighbors', min: 0, max: 100 },
    { name: 'scaleFactor', min: 1.01, max: 2 },
    { name: 'minSize', min: 1, max: 16_384 },
    { name: 'maxSize', min: 0, max: 16_384 },
  ],
  onnx: [
    { name: 'minConfidence', min: 0, max: 1 },
    { name: 'maxOverlap', min: 0, max: 1 },
    { name: 'minSize', min: 1, max: 16_384 },
    { name: 'maxSize', min: 0, max: 16_384 },
  ],
};

interface EditDetectorProps {
  detector: DetectorResource;
  onClose(): void;
  onChanged(): Promise<void>;
}

/** What a detector that was added is called and how it searches. What is left empty is as in its file. */
export function EditDetector({ detector, onClose, onChanged }: EditDetectorProps) {
  const { id, kind, origin, settings = {} } = detector;
  const [title, setTitle] = useState(settings.title ?? '');
  const [labels, setLabels] = useState(settings.labels?.join('\n') ?? '');
  const [parameters, setParameters] = useState(settings.parameters ?? {});
  const action = useAction(async () => {
    const lines = labels.split('\n').map((line) => line.trim());
    const named = lines.filter((line) => line !== '');
    const { usualLabels } = settings;
    const next: DetectorSettings = {
      ...(title.trim() !== '' && { title: title.trim() }),
      ...(named.length > 0 && { labels: named }),
      // Those of other labels would no longer be found.
      ...(usualLabels && labels === (settings.labels?.join('\n') ?? '') && { usualLabels }),
      ...(Object.values(parameters).some((value) => value !== undefined) && { parameters }),
    };
    await api.put(`${DETECTORS}/${encodeURIComponent(id)}`, next);
    showToast(words.changedOne(id));
    await onChanged();
  });
  return (
    <FormDialog
      title={words.editOne(id)}
      submit={texts.common.save}
      action={action}
      onClose={onClose}
    >
      <p class="muted">{words.editHelp}</p>
      <TextField
        label={words.detectorTitle}
        help={words.detectorTitleHelp}
        maxLength={64}
        value={title}
        onValue={setTitle}
        error={fieldErrorOf(action.error, 'title')}
      />
      {origin !== 'download' && (
        <Field
          label={words.ownLabels}
          help={words.ownLabelsHelp(detector.labels.length)}
          error={fieldErrorOf(action.error, 'labels')}
        >
          {(described) => (
            <textarea
              class="input"
              spellcheck={false}
              placeholder={settings.labels ? '' : detector.labels.join('\n')}
              value={labels}
              onInput={(event) => setLabels(event.currentTarget.value)}
              {...described}
            />
          )}
        </Field>
      )}
      <div class="fields">
        {PARAMETERS[kind].map(({ name, min, max }) => (
          <NumberField
            key={name}
            {...{ min, max }}
            label={words.parameters[name]}
            placeholder={presentOf(detector, name)}
            value={parameters[name]}
            onValue={(value) => setParameters((before) => ({ ...before, [name]: value }))}
            error={fieldErrorOf(action.error, `parameters.${name}`)}
          />
        ))}
      </div>
    </FormDialog>
  );
}

/** What is in effect, as long as the field is empty. */
function presentOf({ parameters, settings }: DetectorResource, name: Parameter): string {
  if (settings?.parameters?.[name] !== undefined) return '';
  return String((parameters as Partial<Record<Parameter, number>>)[name] ?? '');
}
