import { useState } from 'preact/hooks';
import type { CameraResource } from '../../../../core/contract/site.js';
import { api, apiUrl } from '../../../shared/api.js';
import { formatAgo } from '../../../shared/format.js';
import { may } from '../../../shared/session.js';
import { Badge } from '../../../shared/ui/badge.js';
import { Button } from '../../../shared/ui/button.js';
import { ConfirmDialog } from '../../../shared/ui/dialog.js';
import { Loading } from '../../../shared/ui/loading.js';
import { showToast, type Tone } from '../../../shared/ui/notice.js';
import { Page } from '../../../shared/ui/page.js';
import { type Resource, useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraPath, cameraResource } from '../camera-path.js';
import { RemovedCameras } from './removed-cameras.js';

const words = texts.cameras;
const ASK_EVERY_SECONDS = 5;
const THUMBNAIL_WIDTH = 320;

const TONES: Record<CameraResource['state'], Tone> = {
  online: 'good',
  starting: 'info',
  paused: 'info',
  frozen: 'warning',
  stale: 'warning',
  offline: 'bad',
};

export const StateBadge = ({ state }: Pick<CameraResource, 'state'>) => (
  <Badge tone={TONES[state]}>{words.states[state]}</Badge>
);

type List = Resource<{ cameras: CameraResource[] }>;

/** All cameras: how they are, where they are declared, and what may be done with them. */
export function CameraList() {
  const list: List = useResource('/cameras', { everySeconds: ASK_EVERY_SECONDS });
  return (
    <Page title={words.title} actions={<Actions />}>
      {list.data === undefined ? (
        <Loading of={list} />
      ) : (
        <Cameras list={list} cameras={list.data.cameras} />
      )}
      {may('admin') && <RemovedCameras present={list.data?.cameras} onRestored={list.reload} />}
    </Page>
  );
}

const Actions = () => (
  <>
    <a class="button" href="/cameras/detectors">
      {words.detectors.title}
    </a>
    {may('admin') && (
      <a class="button primary" href="/cameras/new">
        {words.add.title}
      </a>
    )}
  </>
);

function Cameras({ list, cameras }: { list: List; cameras: CameraResource[] }) {
  const [leaving, setLeaving] = useState<CameraResource>();
  if (cameras.length === 0) return <p>{may('admin') ? words.emptyAdmin : words.empty}</p>;
  return (
    <>
      {may('admin') && cameras.some(({ declaredIn }) => declaredIn === 'file') && (
        <p class="muted">{words.readOnly}</p>
      )}
      <ul class="camera-list" aria-label={words.title}>
        {cameras.map((camera) => (
          <li key={camera.id} class="card">
            <Thumbnail camera={camera} />
            <Summary camera={camera} />
            <RowActions
              camera={camera}
              isEditable={camera.declaredIn === 'api'}
              onChanged={list.reload}
              onRemove={() => setLeaving(camera)}
            />
          </li>
        ))}
      </ul>
      {leaving && (
        <RemoveDialog camera={leaving} onClose={() => setLeaving(undefined)} onDone={list.reload} />
      )}
    </>
  );
}

/** The last picture; its age stands beside it. */
function Thumbnail({ camera: { id, lastSnapshotAt } }: { camera: CameraResource }) {
  if (lastSnapshotAt === null) return <div class="thumbnail" />;
  // Another "v" makes the browser ask for the picture again.
  const query = { width: THUMBNAIL_WIDTH, v: Date.parse(lastSnapshotAt) };
  return <img class="thumbnail" alt="" src={apiUrl(`${cameraResource(id)}/latest.jpg`, query)} />;
}

function Summary({ camera }: { camera: CameraResource }) {
  const { id, name, kind, declaredIn, state, lastError, lastSnapshotAt } = camera;
  return (
    <div>
      <div class="row">
        <strong>
          <a href={cameraPath(id)}>{name ?? id}</a>
        </strong>
        <StateBadge state={state} />
      </div>
      <div class="muted">
        {[name === null ? undefined : id, kindName(kind)].filter(Boolean).join(' · ')}
        {` · ${words.declared[declaredIn]}`}
      </div>
      <div class="muted">
        {lastSnapshotAt === null ? words.noSnapshot : words.lastSnapshot(formatAgo(lastSnapshotAt))}
      </div>
      {lastError !== null && <div class="camera-error">{lastError}</div>}
    </div>
  );
}

interface RemoveProps {
  camera: CameraResource;
  onClose(): void;
  onDone(): Promise<void>;
}

function RemoveDialog({ camera: { id, name }, onClose, onDone }: RemoveProps) {
  const shown = name ?? id;
  return (
    <ConfirmDialog
      title={words.remove.title(shown)}
      action={texts.common.remove}
      onClose={onClose}
      onConfirm={async () => {
        await api.delete(cameraResource(id));
        showToast(words.remove.done(shown));
        await onDone();
      }}
    >
      <p>{words.remove.explanation}</p>
    </ConfirmDialog>
  );
}

const kindName = (kind: string): string =>
  (words.kinds as Record<string, string | undefined>)[kind] ?? kind;

interface RowProps {
  camera: CameraResource;
  isEditable: boolean;
  onChanged(): Promise<void>;
  onRemove(): void;
}

function RowActions({ camera: { id, state, name }, isEditable, onChanged, onRemove }: RowProps) {
  const [busy, setBusy] = useState(false);
  const isPaused = state === 'paused';
  const toggle = async () => {
    setBusy(true);
    try {
      await api.post(`${cameraResource(id)}/${isPaused ? 'resume' : 'pause'}`);
      await onChanged();
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error), 'bad');
    } finally {
      setBusy(false);
    }
  };
  const shown = name ?? id;
  const isEditor = may('admin') && isEditable;
  return (
    <div class="row">
      <a
        class="button"
        href={cameraPath(id)}
        aria-label={(isEditor ? words.editOne : words.viewOne)(shown)}
      >
        {isEditor ? texts.common.edit : words.view}
      </a>
      {may('operator') && (
        <Button busy={busy} onClick={toggle} aria-label={words.toggleOne(isPaused, shown)}>
          {isPaused ? words.resume : words.pause}
        </Button>
      )}
      {isEditor && (
        <Button look="danger" onClick={onRemove} aria-label={words.removeOne(shown)}>
          {texts.common.remove}
        </Button>
      )}
    </div>
  );
}
