import { useEffect, useState } from 'preact/hooks';
import type {
  CameraRevision,
  ManagedSettings,
  SettingChange,
} from '../../../../core/contract/camera-management.js';
import { api } from '../../../shared/api.js';
import { formatDateTime } from '../../../shared/format.js';
import { Badge } from '../../../shared/ui/badge.js';
import { Button } from '../../../shared/ui/button.js';
import { Loading } from '../../../shared/ui/loading.js';
import { ErrorNotice, showToast } from '../../../shared/ui/notice.js';
import { Table } from '../../../shared/ui/table.js';
import { useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraResource } from '../camera-path.js';

const words = texts.cameras.history;
const PAGE = 20;

interface Revisions {
  revisions: CameraRevision[];
  next: number | null;
}

interface HistoryProps {
  camera: string;
  onRestored(managed: ManagedSettings): void;
}

/** Who changed what in a camera and when, and the way back to each state. */
export function HistoryTab({ camera, onRestored }: HistoryProps) {
  const path = `${cameraResource(camera)}/revisions`;
  const page = useResource<Revisions>(path, { query: { limit: PAGE } });
  const [older, setOlder] = useState<Revisions>();
  const [error, setError] = useState<unknown>();
  useEffect(() => setOlder(undefined), [page.data]);
  if (page.data === undefined) return <Loading of={page} />;
  const revisions = [...page.data.revisions, ...(older?.revisions ?? [])];
  const next = older === undefined ? page.data.next : older.next;
  const attempt = (work: () => Promise<void>) => {
    setError(undefined);
    work().catch(setError);
  };
  const restore = async (revision: number) => {
    const managed = await api.post<ManagedSettings>(`${path}/${revision}/restore`);
    showToast(words.restored);
    onRestored(managed);
    await page.reload();
  };
  const showOlder = async () => {
    const more = await api.get<Revisions>(path, { query: { limit: PAGE, before: next } });
    setOlder({ revisions: [...(older?.revisions ?? []), ...more.revisions], next: more.next });
  };
  if (revisions.length === 0) return <p class="muted">{words.empty}</p>;
  return (
    <div class="stack">
      <ErrorNotice error={error} />
      <ol class="revisions stack">
        {revisions.map((one) => (
          <li key={one.revision} class="card stack">
            <Revision one={one} onRestore={() => attempt(() => restore(one.revision))} />
          </li>
        ))}
      </ol>
      {next !== null && (
        <div>
          <Button onClick={() => attempt(showOlder)}>{words.more}</Button>
        </div>
      )}
    </div>
  );
}

function Revision({ one, onRestore }: { one: CameraRevision; onRestore(): void }) {
  const { revision, at, action, actor, changes, current } = one;
  return (
    <>
      <div class="row spread">
        <div>
          <strong>{formatDateTime(at)}</strong>{' '}
          <span>{words.by(words.actions[action], actor.name)}</span>
        </div>
        {current ? (
          <Badge tone="good">{words.current}</Badge>
        ) : (
          <Button onClick={onRestore} aria-label={words.restoreOne(revision)}>
            {words.restore}
          </Button>
        )}
      </div>
      {changes.length > 0 && (
        <details open={action === 'changed'}>
          <summary>{words.changes(changes.length)}</summary>
          <Changes changes={changes} />
        </details>
      )}
    </>
  );
}

const Changes = ({ changes }: { changes: SettingChange[] }) => (
  <Table
    caption={words.changes(changes.length)}
    rows={changes}
    keyOf={({ path }) => path}
    empty=""
    columns={[
      { title: words.setting, cell: ({ path }) => nameOf(path) },
      { title: words.before, cell: ({ before }) => shown(before) },
      { title: words.after, cell: ({ after }) => shown(after) },
    ]}
  />
);

const nameOf = (path: string): string => texts.cameras.fields[path]?.label ?? path;

function shown(value: unknown): string {
  if (value === null || value === undefined) return words.absent;
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value);
  return text === '{"set":true}' ? words.secret : text;
}
