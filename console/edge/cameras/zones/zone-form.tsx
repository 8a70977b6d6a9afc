import { useState } from 'preact/hooks';
import type { Zone } from '../../../../core/contract/zone.js';
import { Button } from '../../../shared/ui/button.js';
import { SelectField, TextField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { useEditor } from '../editor/editor-context.js';
import { insertAfter, MIN_POINTS, movePoint, pointAt, removePoint } from './polygon.js';

const words = texts.cameras.zones;

interface FormProps {
  index: number;
  zone: Zone;
  onChange(zone: Zone): void;
}

/** What a zone is called and means, and its corners as numbers. */
export function ZoneForm({ index, zone, onChange }: FormProps) {
  const { errorAt, isReadOnly } = useEditor();
  const at = (part: string) => errorAt(`zones.${index}.${part}`);
  const [labels, setLabels] = useState(zone.labels?.join(', ') ?? '');
  return (
    <div class="card stack">
      <TextField
        label={words.name}
        help={words.nameHelp}
        error={at('name')}
        value={zone.name ?? ''}
        maxLength={64}
        disabled={isReadOnly}
        onValue={(name) => onChange(withOptional(zone, 'name', name === '' ? undefined : name))}
      />
      <SelectField
        label={words.kind}
        error={at('kind')}
        value={zone.kind}
        disabled={isReadOnly}
        options={(['include', 'mask'] as const).map((kind) => ({
          value: kind,
          text: words.kinds[kind],
        }))}
        onValue={(value) => {
          const kind = value as Zone['kind'];
          // A mask has no confidence of its own.
          const { minConfidence: _, ...rest } = zone;
          onChange(kind === 'mask' ? { ...rest, kind } : { ...zone, kind });
        }}
      />
      <TextField
        label={words.labels}
        help={words.labelsHelp[zone.kind]}
        error={at('labels')}
        value={labels}
        disabled={isReadOnly}
        onValue={(text) => {
          setLabels(text);
          const named = text.split(',').map((label) => label.trim());
          const list = named.filter((label) => label !== '');
          onChange(withOptional(zone, 'labels', list.length === 0 ? undefined : list));
        }}
      />
      {zone.kind === 'include' && (
        <TextField
          label={words.minConfidence}
          help={words.minConfidenceHelp}
          error={at('minConfidence')}
          type="number"
          min={0}
          max={1}
          step={0.01}
          value={zone.minConfidence ?? ''}
          disabled={isReadOnly}
          onValue={(text) =>
            onChange(withOptional(zone, 'minConfidence', text === '' ? undefined : Number(text)))
          }
        />
      )}
      {at('points') && <p class="error">{at('points')}</p>}
      <Corners zone={zone} onChange={onChange} isReadOnly={isReadOnly} />
    </div>
  );
}

function withOptional<K extends 'name' | 'labels' | 'minConfidence'>(
  zone: Zone,
  key: K,
  value: Zone[K],
): Zone {
  const { [key]: _, ...rest } = zone;
  return (value === undefined ? rest : { ...rest, [key]: value }) as Zone;
}

interface CornersProps {
  zone: Zone;
  isReadOnly: boolean;
  onChange(zone: Zone): void;
}

const percent = (fraction: number): number => Math.round(fraction * 10_000) / 100;

function Corners({ zone, isReadOnly, onChange }: CornersProps) {
  const set = (index: number, axis: 0 | 1, text: string) => {
    const [x, y] = zone.points[index] ?? [0, 0];
    const value = Number(text) / 100;
    if (text !== '')
      onChange(movePoint(zone, index, axis === 0 ? pointAt(value, y) : pointAt(x, value)));
  };
  return (
    <details>
      <summary>{words.table}</summary>
      <table class="corners">
        <thead>
          <tr>
            <th scope="col">{words.corner}</th>
            <th scope="col">{words.x}</th>
            <th scope="col">{words.y}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {zone.points.map((point, i) => (
            <tr key={i}>
              <th scope="row">{i + 1}</th>
              {([0, 1] as const).map((axis) => (
                <td key={axis}>
                  <input
                    class="input"
                    type="number"
                    min={0}
                    max={100}
                    step="any"
                    aria-label={axis === 0 ? words.xOf(i + 1) : words.yOf(i + 1)}
                    value={percent(point[axis])}
                    disabled={isReadOnly}
                    onChange={(event) => set(i, axis, event.currentTarget.value)}
                  />
                </td>
              ))}
              <td>
                {!isReadOnly && (
                  <div class="row">
                    <Button
                      aria-label={words.midpoint(i + 1)}
                      onClick={() => onChange(insertAfter(zone, i))}
                    >
                      +
                    </Button>
                    <Button
                      aria-label={words.removeCorner(i + 1)}
                      disabled={zone.points.length <= MIN_POINTS}
                      onClick={() => onChange(removePoint(zone, i))}
                    >
                      −
                    </Button>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
