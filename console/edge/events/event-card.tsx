import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Box } from '../../../core/contract/detection.js';
import type { Sighting } from '../../../core/contract/sighting.js';
import { apiUrl } from '../../shared/api.js';
import { formatDuration, formatPercent, formatTime } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { colourOf } from '../pictures/boxes.js';
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

/** Of the frame of a thumbnail, as the style sheet has it. */
const FRAME_RATIO = 16 / 9;

function Thumbnail({ sighting: { best, pictureSize, label } }: { sighting: Sighting }) {
  const image = useRef<HTMLImageElement>(null);
  useLayoutEffect(() => {
    const own = image.current;
    // Taken off the page, a picture would still be loaded before those that are on the screen.
    return () => {
      if (own && !own.complete) own.src = '';
    };
  }, []);
  if (!pictureSize) return <span class="event-thumbnail without">{words.noPicture}</span>;
  const ratio = pictureSize.width / pictureSize.height;
  return (
    <span class="event-thumbnail">
      <span
        class="fitted"
        style={{ width: shareOf(Math.min(1, ratio / FRAME_RATIO)), aspectRatio: String(ratio) }}
      >
        <img
          ref={image}
          src={apiUrl(`/objectdetection/image/${best.image}/thumbnail`, { width: 320 })}
          alt=""
          width="320"
          height={Math.round(320 / ratio)}
          decoding="async"
        />
        <span class={`box ${colourOf(label)}`} style={placeOf(best.box, pictureSize)} />
      </span>
    </span>
  );
}

const shareOf = (share: number): string => `${100 * share}%`;

const placeOf = (box: Box, picture: { width: number; height: number }) => ({
  left: shareOf(box.x / picture.width),
  top: shareOf(box.y / picture.height),
  width: shareOf(box.width / picture.width),
  height: shareOf(box.height / picture.height),
});
