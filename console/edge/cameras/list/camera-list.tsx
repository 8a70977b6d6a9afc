import { useState } from 'preact/hooks';
import type { CameraResource } from '../../../../core/contract/site.js';
import { api } from '../../../shared/api.js';
import { formatAgo } from '../../../shared/format.js';
import { may } from '../../../shared/session.js';
import { Badge } from '../../../shared/ui/badge.js';
import { Button } from '../../../shared/ui/button.js';
import { ConfirmDialog } from '../../../shared/ui/dialog.js';
import { Loading } from '../../../shared/ui/loading.js';
import { showToast, type Tone } from '../../../shared/ui/notice.js';
import { Page } from '../../../shared/ui/page.js';
import { type Column, Table } from '../../../shared/ui/table.js';
import { type Resource, useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraPath, cameraResource } from '../camera-path.js';
import { RemovedCameras } from './removed-cameras.js';
import { useDeclarations } from './use-declarations.js';

const words = texts.cameras;
const ASK_EVERY_SECONDS = 5;

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
  const declared = useDeclarations(cameras.map(({ id }) => id));
  const [leaving, setLeaving] = useState<CameraResource>();
  const columns: Column<CameraResource>[] = [
    {
      title: words.columns.camera,
      cell: ({ id, name }) => (
        <>
          <a href={cameraPath(id)}>{name ?? id}</a>
          {name !== null && <div class="muted">{id}</div>}
        </>
      ),
    },
    { title: words.columns.state, cell: StateOf },
    { title: words.columns.kind, cell: ({ kind }) => kindName(kind) },
    { title: words.columns.declared, cell: ({ id }) => <Declared of={declared[id]} /> },
    {
      title: words.columns.actions,
      cell: (camera) => (
        <RowActions
          camera={camera}
          removable={declared[camera.id]?.declaredIn === 'api'}
          onChanged={list.reload}
          onRemove={() => setLeaving(camera)}
        />
      ),
    },
  ];
  return (
    <>
      <Table
        caption={words.title}
        columns={columns}
        rows={cameras}
        keyOf={({ id }) => id}
        empty={may('admin') ? words.emptyAdmin : words.empty}
      />
      {leaving && (
        <ConfirmDialog
          title={words.remove.title(leaving.name ?? leaving.id)}
          action={texts.common.remove}
          onClose={() => setLeaving(undefined)}
          onConfirm={async () => {
            await api.delete(cameraResource(leaving.id));
            showToast(words.remove.done(leaving.name ?? leaving.id));
            await list.reload();
          }}
        >
          <p>{words.remove.explanation}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

const kindName = (kind: string): string =>
  (words.kinds as Record<string, string | undefined>)[kind] ?? kind;

const StateOf = ({ state, lastError, lastSnapshotAt }: CameraResource) => (
  <>
    <StateBadge state={state} />
    <div class="muted">
      {lastSnapshotAt === null ? words.noSnapshot : words.lastSnapshot(formatAgo(lastSnapshotAt))}
    </div>
    {lastError !== null && <div class="camera-error">{lastError}</div>}
  </>
);

function Declared({ of }: { of: ReturnType<typeof useDeclarations>[string] }) {
  if (of === undefined) return null;
  return (
    <>
      {words.declared[of.declaredIn]}
      {of.readOnly !== null && <div class="muted">{of.readOnly}</div>}
    </>
  );
}

interface RowProps {
  camera: CameraResource;
  removable: boolean;
  onChanged(): Promise<void>;
  onRemove(): void;
}

function RowActions({ camera: { id, state, name }, removable, onChanged, onRemove }: RowProps) {
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
  return (
    <div class="row">
      <a class="button" href={cameraPath(id)} aria-label={words.editOne(shown)}>
        {may('admin') ? texts.common.edit : words.view}
      </a>
      {may('operator') && (
        <Button busy={busy} onClick={toggle} aria-label={words.toggleOne(isPaused, shown)}>
          {isPaused ? words.resume : words.pause}
        </Button>
      )}
      {may('admin') && removable && (
        <Button look="danger" onClick={onRemove} aria-label={words.removeOne(shown)}>
          {texts.common.remove}
        </Button>
      )}
    </div>
  );
}
