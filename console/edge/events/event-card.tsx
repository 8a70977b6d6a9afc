import type { Sighting } from '../../../core/contract/sighting.js';
import { apiUrl } from '../../shared/api.js';
import { formatDuration, formatPercent, formatTime } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { Boxes } from '../pictures/boxes.js';
import './event-card.css';

const words = texts.events;

export const durationOf = ({ startedAt, lastSeenAt }: Sighting): number =>
  (Date.parse(lastSeenAt) - Date.parse(startedAt)) / 1_000;

/** An event in short, which leads to the whole. */
export function EventCard({ sighting, href }: { sighting: Sighting; href: string }) {
  const { label, best, camera, cameraName, zones, startedAt, state, mark } = sighting;
  return (
    <a class="event-card" href={href}>
      <Thumbnail sighting={sighting} />
      <span class="text">
        <strong>{label}</strong> <span class="muted">{formatPercent(best.confidence)}</span>
        {mark && <span class="wrong">{words.wrong}</span>}
      </span>
      <span class="text">
        {formatTime(startedAt)}{' '}
        <span class="muted">
          {state === 'left' ? formatDuration(durationOf(sighting)) : words.isPresent}
        </span>
      </span>
      <span class="text muted">{[cameraName ?? camera, ...zones].join(' · ')}</span>
    </a>
  );
}

function Thumbnail({ sighting: { best, pictureSize, label } }: { sighting: Sighting }) {
  if (!pictureSize) return <span class="event-thumbnail without">{words.noPicture}</span>;
  const { width, height } = pictureSize;
  return (
    <span class="event-thumbnail">
      <span class="fitted" style={{ '--ratio': String(width / height) }}>
        <img
          src={apiUrl(`/objectdetection/image/${best.image}/thumbnail`, { width: 320 })}
          alt=""
          loading="lazy"
          decoding="async"
        />
        <Boxes
          boxes={[{ label, confidence: best.confidence, box: best.box }]}
          width={width}
          height={height}
          bare
        />
      </span>
    </span>
  );
}
