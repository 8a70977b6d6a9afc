import type { DetectorResource } from '../../../core/contract/detection.js';
import { CheckField, TextField } from '../../shared/ui/field.js';
import { Notice } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import type { SearchOptions } from './search-options.js';

const words = texts.demo;

/** The API takes no more for one picture. */
const MOST = 8;
const MOST_LABELS = 4;

interface ChoiceProps {
  detectors: readonly DetectorResource[];
  options: SearchOptions;
  onChange(options: SearchOptions): void;
}

function inWords({ id, label, labels, usualLabels, kind }: DetectorResource): [string, string] {
  const named = usualLabels ?? labels;
  const some = named.slice(0, MOST_LABELS).join(', ');
  const more = labels.length - Math.min(named.length, MOST_LABELS);
  const what = label ?? (more > 0 ? words.manyLabels(some, more) : some);
  return [what, `${id}, ${kind === 'onnx' ? words.withModel : words.withCascade}`];
}

export function DetectorChoice({ detectors, options, onChange }: ChoiceProps) {
  const chosen = options.detectors;
  const toggle = (id: string, isChosen: boolean) =>
    onChange({
      ...options,
      detectors: isChosen ? [...chosen, id] : chosen.filter((one) => one !== id),
    });
  return (
    <fieldset class="card detectors">
      <legend>
        <h2>{words.detectors}</h2>
      </legend>
      {detectors.length === 0 && <Notice tone="warning">{words.detectorGone}</Notice>}
      <div class="choices">
        {detectors.map((detector) => {
          const [what, how] = inWords(detector);
          const isChosen = chosen.includes(detector.id);
          return (
            <CheckField
              key={detector.id}
              label={what}
              help={how}
              checked={isChosen}
              disabled={!isChosen && chosen.length >= MOST}
              onValue={(checked) => toggle(detector.id, checked)}
            />
          );
        })}
      </div>
      <p class="muted">{chosen.length === 0 ? words.oneDetector : words.detectorHelp(MOST)}</p>
      <Settings options={options} onChange={onChange} />
    </fieldset>
  );
}

const NUMBERS = [
  { name: 'minConfidence', min: 0, max: 100, step: 1 },
  { name: 'minNeighbors', min: 0, max: 100, step: 1 },
  { name: 'scaleFactor', min: 1.01, max: 2, step: 0.01 },
  { name: 'minSize', min: 1, max: 16_384, step: 1 },
  { name: 'workingSize', min: 0, max: 16_384, step: 1 },
] as const;

function Settings({ options, onChange }: Omit<ChoiceProps, 'detectors'>) {
  return (
    <details>
      <summary>{words.settings}</summary>
      <div class="stack">
        {NUMBERS.map(({ name, ...bounds }) => (
          <TextField
            key={name}
            type="number"
            label={words[name]}
            help={words[`${name}Help`]}
            {...bounds}
            value={options[name]}
            onValue={(value) => onChange({ ...options, [name]: value })}
          />
        ))}
      </div>
    </details>
  );
}
