import { useState } from 'preact/hooks';
import type { Point, Zone } from '../../../../core/contract/zone.js';
import { formatAgo } from '../../../shared/format.js';
import { Button } from '../../../shared/ui/button.js';
import { CheckField } from '../../../shared/ui/field.js';
import { ErrorNotice } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { useEditor } from '../editor/editor-context.js';
import { DrawingCanvas } from './drawing-canvas.js';
import { RECTANGLE } from './polygon.js';
import { useLatestPicture, usePictureSize } from './use-latest-picture.js';
import { ZoneCanvas } from './zone-canvas.js';
import { ZoneForm } from './zone-form.js';
import './zones.css';

const words = texts.cameras.zones;
const MAX_ZONES = 32;

/** The zones of a camera on its last picture, and as numbers. */
export function ZonesTab({ camera }: { camera: string }) {
  const { draft, set, errorAt, isReadOnly } = useEditor();
  const zones = (draft.zones as Zone[] | undefined) ?? [];
  const [selected, setSelected] = useState(0);
  const [drawing, setDrawing] = useState(false);
  const [withBoxes, setWithBoxes] = useState(true);
  const { picture, error, isLoading } = useLatestPicture(camera);
  const size = usePictureSize(picture);
  const change = (next: Zone[]) => set('zones', next.length === 0 ? undefined : next);
  const changeOne = (index: number, zone: Zone) =>
    change(zones.map((one, i) => (i === index ? zone : one)));
  const add = (points: Point[]) => {
    setDrawing(false);
    change([...zones, { name: unusedName(zones), kind: 'include', points }]);
    setSelected(zones.length);
  };
  const remove = (index: number) => {
    change(zones.filter((_, i) => i !== index));
    setSelected(Math.max(0, Math.min(selected, zones.length - 2)));
  };
  const view = { zones, picture, size, boxes: withBoxes ? (picture?.detections ?? []) : [] };
  return (
    <div class="zones">
      <div class="stack">
        <p class="muted">{words.help}</p>
        {!isReadOnly && !drawing && zones.length < MAX_ZONES && (
          <div class="row">
            <Button look="primary" onClick={() => setDrawing(true)}>
              {words.draw}
            </Button>
            <Button onClick={() => add(RECTANGLE)}>{words.rectangle}</Button>
          </div>
        )}
        {drawing ? (
          <DrawingCanvas {...view} onDone={add} onCancel={() => setDrawing(false)} />
        ) : (
          <ZoneCanvas
            {...view}
            selected={selected}
            isReadOnly={isReadOnly}
            onSelect={setSelected}
            onChange={changeOne}
          />
        )}
        <ErrorNotice error={error} />
        {!isLoading && picture === undefined && <p class="muted">{words.noPicture}</p>}
        {picture && (
          <div class="row spread">
            <span class="muted">{words.pictureAge(formatAgo(picture.createdAt))}</span>
            {picture.detections.length > 0 && (
              <CheckField label={words.hidden} checked={withBoxes} onValue={setWithBoxes} />
            )}
          </div>
        )}
        {!isReadOnly && zones.length > 0 && <p class="muted">{words.keys}</p>}
        {errorAt('zones') && <p class="error">{errorAt('zones')}</p>}
      </div>
      <div class="stack">
        {zones.length === 0 ? (
          <p class="muted">{words.empty}</p>
        ) : (
          <ZoneList zones={zones} selected={selected} onSelect={setSelected} onRemove={remove} />
        )}
        {zones[selected] && (
          <ZoneForm
            key={selected}
            index={selected}
            zone={zones[selected]}
            onChange={(zone) => changeOne(selected, zone)}
          />
        )}
      </div>
    </div>
  );
}

function unusedName(zones: Zone[]): string {
  for (let number = zones.length + 1; ; number++) {
    const name = words.newName(number);
    if (zones.every((zone) => zone.name !== name)) return name;
  }
}

const nameOf = ({ name }: Zone, index: number): string => name ?? words.unnamed(index + 1);

interface ListProps {
  zones: Zone[];
  selected: number;
  onSelect(index: number): void;
  onRemove(index: number): void;
}

function ZoneList({ zones, selected, onSelect, onRemove }: ListProps) {
  const { isReadOnly } = useEditor();
  return (
    <ul class="zone-list" aria-label={words.list}>
      {zones.map((zone, i) => (
        <li key={i} class="row spread">
          <Button
            look={i === selected ? 'plain' : 'quiet'}
            aria-pressed={i === selected}
            onClick={() => onSelect(i)}
          >
            {nameOf(zone, i)} <span class="muted">{words.kindNames[zone.kind]}</span>
          </Button>
          {!isReadOnly && (
            <Button
              look="danger"
              aria-label={words.removeOne(nameOf(zone, i))}
              onClick={() => onRemove(i)}
            >
              {texts.common.remove}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
