import { useState } from 'preact/hooks';
import type { TrialSnapshot } from '../../../../core/contract/camera-management.js';
import type { Detection } from '../../../../core/contract/detection.js';
import { apiUrl } from '../../../shared/api.js';
import { formatDateTime, formatNumber, formatPercent, formatTime } from '../../../shared/format.js';
import { Button } from '../../../shared/ui/button.js';
import { Dialog } from '../../../shared/ui/dialog.js';
import { texts } from '../../../texts/texts.js';
import { compare, isChanged } from './compare.js';

const words = texts.cameras.tuning;
const THUMBNAIL_WIDTH = 320;
/** More thumbnails than this are loaded on request. */
const SHOWN = 24;

/** A snapshot with what stays, what goes and what is new; each has a line of its own kind, not a colour alone. */
export function TrialPicture({ snapshot }: { snapshot: TrialSnapshot }) {
  const { image, takenAt, before, after, fault } = snapshot;
  return (
    <figure class="trial-picture">
      <Overlay snapshot={snapshot} address={apiUrl(`/objectdetection/image/${image}`)} withText />
      <figcaption class="muted">
        {after === null
          ? words.notAnalysed(fault ?? texts.common.unknown)
          : words.caption(formatDateTime(takenAt), before.length, after.length)}
        <br />
        {words.legend}
      </figcaption>
    </figure>
  );
}

interface OverlayProps {
  snapshot: TrialSnapshot;
  address: string;
  withText?: boolean;
}

function Overlay({ snapshot, address, withText = false }: OverlayProps) {
  const { width, height, takenAt } = snapshot;
  const { kept, gone, added } = compare(snapshot);
  const boxes = (list: Detection[], kind: 'kept' | 'gone' | 'added') =>
    list.map(({ box, label, confidence }, i) => (
      <g key={`${kind}-${i}`} class={`trial-box ${kind}`}>
        <rect x={box.x} y={box.y} width={box.width} height={box.height} />
        {kind === 'added' && (
          <rect
            x={box.x - width / 100}
            y={box.y - width / 100}
            width={box.width + width / 50}
            height={box.height + width / 50}
          />
        )}
        {withText && (
          <text x={box.x} y={Math.max(box.y - height / 100, height / 28)} font-size={height / 28}>
            {label} {formatPercent(confidence)}
          </text>
        )}
      </g>
    ));
  const description = words.thumbnail(formatTime(takenAt), gone.length, added.length);
  return (
    <svg class="trial-image" role="img" aria-label={description} viewBox={`0 0 ${width} ${height}`}>
      <image href={address} width={width} height={height} preserveAspectRatio="none" />
      {boxes(kept, 'kept')}
      {boxes(gone, 'gone')}
      {boxes(added, 'added')}
    </svg>
  );
}

/** The snapshots that a draft would change, as thumbnails; each opens in its full size. */
export function SnapshotStrip({ snapshots }: { snapshots: TrialSnapshot[] }) {
  const [most, setMost] = useState(SHOWN);
  const [open, setOpen] = useState<TrialSnapshot>();
  const changed = snapshots.filter(isChanged);
  if (changed.length === 0) return <p class="muted">{words.unchanged}</p>;
  return (
    <>
      <p>
        {words.changed(changed.length)} <span class="muted">{words.legend}</span>
      </p>
      <div class="strip">
        {changed.slice(0, most).map((snapshot) => (
          <button key={snapshot.image} type="button" onClick={() => setOpen(snapshot)}>
            <Overlay
              snapshot={snapshot}
              address={apiUrl(`/objectdetection/image/${snapshot.image}/thumbnail`, {
                width: THUMBNAIL_WIDTH,
              })}
            />
            <span>{formatTime(snapshot.takenAt)}</span>
            <span class="muted">
              {formatNumber(snapshot.before.length)} → {formatNumber(snapshot.after?.length ?? 0)}
            </span>
          </button>
        ))}
      </div>
      {changed.length > most && (
        <div>
          <Button onClick={() => setMost(most + SHOWN)}>{texts.common.more}</Button>
        </div>
      )}
      {open && (
        <Dialog title={formatDateTime(open.takenAt)} onClose={() => setOpen(undefined)}>
          <TrialPicture snapshot={open} />
          <div class="actions">
            <Button onClick={() => setOpen(undefined)}>{texts.common.close}</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
