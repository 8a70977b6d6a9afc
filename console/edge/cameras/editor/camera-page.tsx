import { useState } from 'preact/hooks';
import { lazy } from 'preact-iso';
import type { ManagedSettings } from '../../../../core/contract/camera-management.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { ApiError } from '../../../shared/api.js';
import { may } from '../../../shared/session.js';
import { Button } from '../../../shared/ui/button.js';
import { Loading } from '../../../shared/ui/loading.js';
import { ErrorNotice, Notice } from '../../../shared/ui/notice.js';
import { Page } from '../../../shared/ui/page.js';
import { useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraPath, cameraResource } from '../camera-path.js';
import { StateBadge } from '../list/camera-list.js';
import { withValue } from './draft.js';
import { type Editor, EditorProvider } from './editor-context.js';
import { HistoryTab } from './history-tab.js';
import { faultAt } from './setting-faults.js';
import { SettingsTab } from './settings-tab.js';
import { UnsavedGuard } from './unsaved-guard.js';
import { type CameraForm, useDraft } from './use-draft.js';

const ZonesTab = lazy(() => import('../zones/zones-tab.js').then((part) => part.ZonesTab));
const TuningTab = lazy(() => import('../tuning/tuning-tab.js').then((part) => part.TuningTab));

const words = texts.cameras.page;
const TABS = ['settings', 'zones', 'tuning', 'history'] as const;
type Tab = (typeof TABS)[number];
const STATE_EVERY_SECONDS = 5;

interface CameraPageProps {
  camera: string;
  tab: string;
}

/** One camera: its settings, zones, trials and history. All parts edit the same draft. */
export function CameraPage({ camera, tab }: CameraPageProps) {
  const resource = cameraResource(camera);
  const loaded = useResource<ManagedSettings>(`${resource}/settings`);
  const state = useResource<{ camera: CameraResource }>(resource, {
    everySeconds: STATE_EVERY_SECONDS,
  });
  const [saved, setSaved] = useState<ManagedSettings>();
  const managed = saved ?? loaded.data;
  const isGone = loaded.error instanceof ApiError && loaded.error.status === 404;
  const shown = allowedTabs().find((one) => one === tab) ?? 'settings';
  const title = managed?.settings.name ?? camera;
  return (
    <Page
      title={title}
      actions={
        <>
          {state.data && <StateBadge state={state.data.camera.state} />}
          <a href="/cameras">{words.back}</a>
        </>
      }
    >
      {isGone && <Notice tone="warning">{words.notFound}</Notice>}
      {isGone && may('admin') && <HistoryTab camera={camera} onRestored={loaded.reload} />}
      {!isGone && managed === undefined && <Loading of={loaded} />}
      {!isGone && managed !== undefined && (
        <CameraEditor
          camera={camera}
          tab={shown}
          managed={managed}
          lastError={state.data?.camera.lastError ?? null}
          onSaved={setSaved}
          reload={async () => {
            setSaved(undefined);
            await loaded.reload();
          }}
        />
      )}
    </Page>
  );
}

interface EditorProps {
  camera: string;
  tab: Tab;
  managed: ManagedSettings;
  lastError: string | null;
  onSaved(managed: ManagedSettings): void;
  reload(): Promise<void>;
}

function CameraEditor({ camera, tab, managed, lastError, onSaved, reload }: EditorProps) {
  const form = useDraft(camera, managed, onSaved);
  const isReadOnly = managed.readOnly !== null || !may('admin');
  const editor: Editor = {
    // Values that are only tried are no settings.
    draft: isReadOnly && tab !== 'tuning' ? form.original : form.draft,
    original: form.original,
    set: (path, value) => form.change((before) => withValue(before, path, value)),
    replace: (draft) => form.change(() => draft),
    errorAt: (path) => faultAt(form.error, path),
    isReadOnly,
  };
  const load = async () => {
    form.discard();
    await reload();
  };
  return (
    <EditorProvider value={editor}>
      <UnsavedGuard
        isDirty={form.isDirty && !isReadOnly}
        within={cameraPath(camera, '')}
        onLeave={form.discard}
      />
      {managed.readOnly !== null && <Notice>{managed.readOnly}</Notice>}
      {managed.readOnly === null && !may('admin') && <Notice>{words.cannotChange}</Notice>}
      {lastError !== null && <Notice tone="warning">{lastError}</Notice>}
      {managed.warnings.map((warning) => (
        <Notice key={warning} tone="warning">
          {warning}
        </Notice>
      ))}
      <Tabs camera={camera} tab={tab} />
      <TabContent
        tab={tab}
        camera={camera}
        managed={managed}
        onRestored={(restored) => {
          form.discard();
          onSaved(restored);
        }}
      />
      {!isReadOnly && <SaveBar form={form} reload={load} />}
    </EditorProvider>
  );
}

type TabContentProps = Pick<EditorProps, 'tab' | 'camera' | 'managed'> & {
  onRestored(managed: ManagedSettings): void;
};

function TabContent({ tab, camera, managed, onRestored }: TabContentProps) {
  switch (tab) {
    case 'settings':
      return <SettingsTab />;
    case 'zones':
      return <ZonesTab camera={camera} />;
    case 'tuning':
      return <TuningTab camera={camera} />;
    case 'history':
      return managed.declaredIn === 'file' ? (
        <p class="muted">{texts.cameras.history.fileOnly}</p>
      ) : (
        <HistoryTab camera={camera} onRestored={onRestored} />
      );
  }
}

/** A trial and the history are an administrator's. */
const allowedTabs = (): Tab[] =>
  TABS.filter((one) => may('admin') || one === 'settings' || one === 'zones');

function Tabs({ camera, tab }: { camera: string; tab: Tab }) {
  return (
    <nav class="tabs" aria-label={words.tabsLabel}>
      {allowedTabs().map((one) => (
        <a key={one} href={cameraPath(camera, one)} aria-current={one === tab ? 'page' : undefined}>
          {words.tabs[one]}
        </a>
      ))}
    </nav>
  );
}

interface SaveBarProps {
  form: CameraForm;
  reload(): Promise<void>;
}

function SaveBar({ form, reload }: SaveBarProps) {
  const isConflict = form.error instanceof ApiError && form.error.problem.code === 'conflict';
  if (!form.isDirty && !form.canUndo && form.error === undefined) return null;
  return (
    <div class="save-bar stack">
      {isConflict ? (
        <Notice tone="warning">
          <p>{words.conflict}</p>
          <Button onClick={reload}>{words.loadNew}</Button>
        </Notice>
      ) : (
        <ErrorNotice error={form.error} />
      )}
      <div class="row">
        {form.isDirty && <span>{words.unsaved}</span>}
        {form.isDirty && (
          <Button look="primary" busy={form.busy} onClick={form.save}>
            {texts.common.save}
          </Button>
        )}
        {form.isDirty && (
          <Button busy={form.busy} onClick={form.discard}>
            {words.discard}
          </Button>
        )}
        {form.canUndo && (
          <Button busy={form.busy} onClick={form.undo}>
            {words.undoLast}
          </Button>
        )}
      </div>
    </div>
  );
}
