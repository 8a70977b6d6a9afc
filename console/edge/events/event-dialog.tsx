import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { OneSighting, Sighting } from '../../../core/contract/sighting.js';
import { apiUrl } from '../../shared/api.js';
import {
  dayOf,
  formatDateTime,
  formatDuration,
  formatNumber,
  formatPercent,
  formatTime,
} from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { Dialog } from '../../shared/ui/dialog.js';
import { Loading } from '../../shared/ui/loading.js';
import { showToast } from '../../shared/ui/notice.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { PictureFrame } from '../pictures/picture-frame.js';
import { timeOf } from './days.js';
import { durationOf } from './event-card.js';
import { type EventFilter, thingsQuery } from './event-filter.js';
import { MarkForm } from './mark-form.js';
import './event-dialog.css';

const words = texts.events.one;

interface EventDialogProps {
  id: string;
  filter: EventFilter;
  hrefOf(id: string): string;
  onClose(): void;
  onChanged(event: Sighting): void;
}

/** One event: the snapshot that shows it best, and the events before and after it that fit the filter. */
export function EventDialog({ id, filter, hrefOf, onClose, onChanged }: EventDialogProps) {
  const one = useResource<OneSighting>(`/sightings/${encodeURIComponent(id)}`, {
    query: thingsQuery(filter),
  });
  const { route } = useLocation();
  const { data } = one;
  useEffect(() => {
    const go = (event: KeyboardEvent) => {
      const target = { ArrowLeft: data?.previous, ArrowRight: data?.next }[event.key];
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (target && !isTyping) route(hrefOf(target), true);
    };
    addEventListener('keydown', go);
    return () => removeEventListener('keydown', go);
  });
  const sighting = data?.sighting;
  return (
    <Dialog
      wide
      title={
        sighting
          ? words.title(sighting.label, sighting.cameraName ?? sighting.camera)
          : texts.events.title
      }
      onClose={onClose}
    >
      {!data && <Loading of={one} />}
      {sighting && (
        <OneEvent
          sighting={sighting}
          onChanged={(changed) => {
            onChanged(changed);
            void one.reload();
          }}
        />
      )}
      <div class="actions">
        <Neighbour to={data?.previous} hrefOf={hrefOf} text={`← ${words.older}`} />
        <Neighbour to={data?.next} hrefOf={hrefOf} text={`${words.newer} →`} />
        <Button look="primary" onClick={onClose}>
          {texts.common.close}
        </Button>
      </div>
    </Dialog>
  );
}

interface NeighbourProps {
  to: string | null | undefined;
  text: string;
  hrefOf(id: string): string;
}

function Neighbour({ to, text, hrefOf }: NeighbourProps) {
  const { route } = useLocation();
  return (
    <Button disabled={!to} onClick={() => to && route(hrefOf(to), true)}>
      {text}
    </Button>
  );
}

interface OneEventProps {
  sighting: Sighting;
  onChanged(event: Sighting): void;
}

function OneEvent({ sighting, onChanged }: OneEventProps) {
  const { best, pictureSize, label } = sighting;
  const camera = sighting.cameraName ?? sighting.camera;
  const picture = pictureSize && {
    id: best.image,
    src: apiUrl(`/objectdetection/image/${best.image}`),
    otherSrc: apiUrl(`/objectdetection/image/${best.image}/thumbnail`, { width: 640 }),
    ...pictureSize,
    boxes: [{ label, confidence: best.confidence, box: best.box }],
  };
  return (
    <div class="one-event">
      <PictureFrame
        picture={picture ?? undefined}
        alt={words.alt(label, camera)}
        showBoxes
        without={texts.events.noPicture}
        notLoaded={texts.live.notLoaded}
      />
      <div class="stack">
        <EventFacts sighting={sighting} />
        <Links sighting={sighting} />
        <MarkForm key={sighting.id} sighting={sighting} onChanged={onChanged} />
      </div>
    </div>
  );
}

function EventFacts({ sighting }: { sighting: Sighting }) {
  const { best, zones, camera, cameraName } = sighting;
  const facts: [string, string][] = [
    [words.began, formatDateTime(sighting.startedAt)],
    [words.seen, lastSeenText(sighting)],
    [words.duration, formatDuration(durationOf(sighting))],
    [words.confidence, formatPercent(best.confidence)],
    [words.zones, zones.join(', ') || texts.common.none],
    [words.snapshots, formatNumber(sighting.count)],
    [words.detector, sighting.detector],
  ];
  return (
    <>
      {sighting.state !== 'left' && <p>{words.present}</p>}
      <dl class="facts">
        <dt>{words.camera}</dt>
        <dd>
          <a href={`/live/${camera}`}>{cameraName ?? camera}</a>
        </dd>
        {facts.map(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name} value`}>{value}</dd>,
        ])}
      </dl>
    </>
  );
}

const lastSeenText = ({ startedAt, lastSeenAt }: Sighting): string =>
  dayOf(startedAt) === dayOf(lastSeenAt) ? formatTime(lastSeenAt) : formatDateTime(lastSeenAt);

const AROUND_MS = 15 * 60_000;

/** The events of the same camera before and after it, on the same day. */
function aroundHref({ camera, startedAt }: Sighting): string {
  const at = Date.parse(startedAt);
  const day = dayOf(at);
  const [from, to] = [new Date(at - AROUND_MS), new Date(at + AROUND_MS)];
  const query = new URLSearchParams({
    day,
    camera,
    from: dayOf(from) === day ? timeOf(from) : '00:00',
    to: dayOf(to) === day ? timeOf(to) : '00:00',
  });
  return `/events?${query}`;
}

function Links({ sighting }: { sighting: Sighting }) {
  const copy = () =>
    navigator.clipboard
      ?.writeText(`${location.origin}/events/${sighting.id}`)
      .then(() => showToast(texts.common.copied))
      .catch(() => undefined);
  return (
    <div class="row">
      {sighting.pictureSize && (
        <a
          href={apiUrl(`/objectdetection/image/${sighting.best.image}`)}
          target="_blank"
          rel="noopener"
        >
          {words.original}
        </a>
      )}
      <a href={aroundHref(sighting)}>{words.around}</a>
      {isSecureContext && (
        <Button look="quiet" onClick={copy}>
          {words.link}
        </Button>
      )}
    </div>
  );
}
