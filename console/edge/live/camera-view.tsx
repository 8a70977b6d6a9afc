import { useEffect, useRef } from 'preact/hooks';
import type { LiveCamera, LivePicture } from '../../../core/contract/live.js';
import type { SightingPage } from '../../../core/contract/sighting.js';
import { apiUrl } from '../../shared/api.js';
import { formatDateTime, formatPercent } from '../../shared/format.js';
import { Loading } from '../../shared/ui/loading.js';
import { Notice } from '../../shared/ui/notice.js';
import { Page } from '../../shared/ui/page.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { EventCard } from '../events/event-card.js';
import { connection, live } from '../live-state.js';
import { BoxesButton } from './boxes-button.js';
import { CameraActions } from './camera-actions.js';
import { CameraPicture } from './camera-picture.js';
import { CameraState } from './camera-state.js';
import { isOld, nameOf } from './live-choices.js';
import { Present } from './present.js';
import './camera-view.css';

const words = texts.live;

const LAST_EVENTS = '8';
const SHOWN_DETECTIONS = 12;

/** One camera: its newest picture as large as it fits, and what the appliance knows of it. */
export function CameraView({ id }: { id: string }) {
  const cameras = live.cameras.value;
  const index = cameras?.findIndex((one) => one.id === id) ?? -1;
  const camera = cameras?.[index];
  if (cameras === undefined)
    return (
      <Page title={id}>
        <p role="status">
          {connection.state.value === 'lost' ? texts.errors.noAnswer : words.waiting}
        </p>
      </Page>
    );
  if (camera === undefined)
    return (
      <Page title={id}>
        <p>{words.noCamera(id)}</p>
        <a href="/live">{words.back}</a>
      </Page>
    );
  return (
    <Page
      title={nameOf(camera)}
      actions={
        <>
          <BoxesButton />
          <CameraActions camera={camera} />
        </>
      }
    >
      <Neighbours before={cameras[index - 1]} after={cameras[index + 1]} />
      <div class="camera-view">
        <CameraPicture camera={camera} isVisible />
        <div class="stack">
          <Facts camera={camera} />
          {camera.picture && <Found picture={camera.picture} />}
        </div>
      </div>
      <LastEvents camera={camera} />
    </Page>
  );
}

function Neighbours({
  before,
  after,
}: {
  before: LiveCamera | undefined;
  after: LiveCamera | undefined;
}) {
  return (
    <nav class="row" aria-label={words.back}>
      <a href="/live">{words.back}</a>
      {before && (
        <a href={`/live/${before.id}`} title={words.previous}>
          ← {nameOf(before)}
        </a>
      )}
      {after && (
        <a href={`/live/${after.id}`} title={words.next}>
          {nameOf(after)} →
        </a>
      )}
    </nav>
  );
}

function Facts({ camera }: { camera: LiveCamera }) {
  const { state, lastError, nextRunAt, picture } = camera;
  return (
    <section class="card stack" aria-label={words.present}>
      <div class="row spread">
        <h2>{words.present}</h2>
        <CameraState camera={camera} />
      </div>
      <Present camera={camera} />
      {lastError && (
        <Notice tone={isOld(state) ? 'warning' : 'info'}>
          <p>{lastError}</p>
        </Notice>
      )}
      <dl class="facts">
        {nextRunAt && (
          <>
            <dt>{words.nextRun}</dt>
            <dd>{formatDateTime(nextRunAt)}</dd>
          </>
        )}
        {picture && (
          <>
            <dt>{words.pictureSize}</dt>
            <dd>
              {words.size(picture.width, picture.height)}
              {picture.stored && (
                <>
                  {' · '}
                  <a
                    href={apiUrl(`/objectdetection/image/${picture.id}`)}
                    target="_blank"
                    rel="noopener"
                  >
                    {words.original}
                  </a>
                </>
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Found({ picture }: { picture: LivePicture }) {
  const { detections, omitted } = picture;
  const shown = detections.slice(0, SHOWN_DETECTIONS);
  const more = detections.length - shown.length + omitted;
  return (
    <section class="card stack" aria-label={words.found}>
      <h2>{words.found}</h2>
      {shown.length === 0 ? (
        <p class="muted">{words.nothingFound}</p>
      ) : (
        <ul class="found">
          {shown.map(({ label, confidence }, i) => (
            <li key={i}>
              <span>{label}</span> <span class="muted">{formatPercent(confidence)}</span>
            </li>
          ))}
          {more > 0 && <li class="muted">{words.foundMore(more)}</li>}
        </ul>
      )}
    </section>
  );
}

function LastEvents({ camera: { id } }: { camera: LiveCamera }) {
  const events = useResource<SightingPage>('/sightings', {
    query: { camera: id, limit: LAST_EVENTS },
  });
  const last = live.events.value.findLast((event) => event.camera === id);
  const state = `${last?.sighting}/${last?.event_type}/${live.missed.value}`;
  const asked = useRef(state);
  useEffect(() => {
    if (asked.current === state) return;
    asked.current = state;
    void events.reload();
  }, [state]);
  return (
    <section class="stack" aria-label={words.lastEvents}>
      <div class="row spread">
        <h2>{words.lastEvents}</h2>
        <a href={`/events?camera=${id}`}>{words.allEvents}</a>
      </div>
      {!events.data && <Loading of={events} />}
      {events.data?.sightings.length === 0 && <p class="muted">{words.noEvents}</p>}
      <ul class="event-row">
        {events.data?.sightings.map((sighting) => (
          <li key={sighting.id}>
            <EventCard sighting={sighting} href={`/events/${sighting.id}?camera=${id}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}
