import { useEffect, useState } from 'preact/hooks';
import type { CameraRevision } from '../../../../core/contract/camera-management.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { api } from '../../../shared/api.js';
import { formatDateTime } from '../../../shared/format.js';
import { Button } from '../../../shared/ui/button.js';
import { ErrorNotice, showToast } from '../../../shared/ui/notice.js';
import { Table } from '../../../shared/ui/table.js';
import { useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraResource } from '../camera-path.js';

const words = texts.cameras.removed;

interface RemovedProps {
  present: CameraResource[] | undefined;
  onRestored(): Promise<void>;
}

/** Cameras that were removed here, each with a way back. Nothing if there are none. */
export function RemovedCameras({ present, onRestored }: RemovedProps) {
  const ids = present?.map(({ id }) => id);
  const { data, error, reload } = useResource<{ revisions: CameraRevision[] }>(
    ids && '/camera-revisions',
    { query: { limit: 100 } },
  );
  const [failed, setFailed] = useState<unknown>();
  const key = ids?.join();
  useEffect(() => {
    if (data !== undefined) void reload();
  }, [key]);
  if (error !== undefined) return <ErrorNotice error={error} />;
  const removed = latestOfEach(data?.revisions ?? []).filter(
    ({ action, camera }) => action === 'removed' && !ids?.includes(camera),
  );
  if (removed.length === 0) return null;
  const restore = async ({ camera, revision }: CameraRevision) => {
    setFailed(undefined);
    try {
      await api.post(`${cameraResource(camera)}/revisions/${revision}/restore`);
      showToast(words.restored(camera));
      await onRestored();
      await reload();
    } catch (fault) {
      setFailed(fault);
    }
  };
  return (
    <section class="stack">
      <h2>{words.title}</h2>
      <ErrorNotice error={failed} />
      <Table
        caption={words.title}
        rows={removed}
        keyOf={({ camera }) => camera}
        empty=""
        columns={[
          {
            title: texts.cameras.columns.camera,
            cell: ({ camera, settings }) => settings.name ?? camera,
          },
          {
            title: words.when,
            cell: ({ at, actor }) => words.byAt(actor.name, formatDateTime(at)),
          },
          {
            title: texts.cameras.columns.actions,
            cell: (one) => (
              <Button
                aria-label={words.restoreOne(one.settings.name ?? one.camera)}
                onClick={() => restore(one)}
              >
                {words.restore}
              </Button>
            ),
          },
        ]}
      />
    </section>
  );
}

/** `revisions` begins with the newest. */
function latestOfEach(revisions: CameraRevision[]): CameraRevision[] {
  const seen = new Set<string>();
  return revisions.filter(({ camera }) => !seen.has(camera) && seen.add(camera));
}
