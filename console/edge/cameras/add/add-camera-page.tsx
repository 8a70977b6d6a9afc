import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { CameraTest, ManagedSettings } from '../../../../core/contract/camera-management.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { api } from '../../../shared/api.js';
import { may } from '../../../shared/session.js';
import { Button } from '../../../shared/ui/button.js';
import { TextField } from '../../../shared/ui/field.js';
import { ErrorNotice, Notice, showToast } from '../../../shared/ui/notice.js';
import { Page } from '../../../shared/ui/page.js';
import { useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraPath, cameraResource } from '../camera-path.js';
import { Finder } from '../detectors/finder.js';
import { type Draft, withValue } from '../editor/draft.js';
import { type Editor, EditorProvider, useEditor } from '../editor/editor-context.js';
import { ScheduleField } from '../editor/schedule-field.js';
import { faultAt } from '../editor/setting-faults.js';
import { UnsavedGuard } from '../editor/unsaved-guard.js';
import { hostOf, idFrom } from './address.js';
import { LiveTest } from './live-test.js';
import { PushHelp } from './push-help.js';
import { SourceChoice } from './source-choice.js';

const words = texts.cameras.add;
const EMPTY: Draft = { id: '', kind: 'http', url: '' };

/** A new camera: where its pictures come from, whether that works, what it should find, and what it is called. */
export function AddCameraPage() {
  if (!may('admin'))
    return (
      <Page title={words.title}>
        <Notice>{texts.cameras.page.cannotChange}</Notice>
      </Page>
    );
  return <AddCamera />;
}

function AddCamera() {
  const { route, query } = useLocation();
  const list = useResource<{ cameras: CameraResource[] }>('/cameras');
  const taken = list.data?.cameras.map(({ id }) => id) ?? [];
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [added, setAdded] = useState(false);
  const [outcome, setOutcome] = useState<CameraTest['outcome']>();
  const whole = { ...draft, id: draft.id || suggestedId(draft, taken) };
  const editor: Editor = {
    draft,
    original: EMPTY,
    set: (path, value) => setDraft((before) => withValue(before, path, value)),
    replace: setDraft,
    errorAt: (path) => faultAt(error, path),
    isReadOnly: false,
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { settings } = await api.post<ManagedSettings>('/cameras', whole);
      setAdded(true);
      // It is known to answer: its first picture does not wait for the schedule.
      if (outcome === 'picture')
        api.post(`${cameraResource(settings.id)}/snapshot`).catch(() => undefined);
      showToast(words.added(settings.name ?? settings.id));
      route(cameraPath(settings.id));
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Page title={words.title} actions={<a href="/cameras">{texts.cameras.page.back}</a>}>
      {query.first !== undefined && <Notice tone="good">{words.first}</Notice>}
      <EditorProvider value={editor}>
        <UnsavedGuard
          isDirty={draft !== EMPTY && !added}
          within="/cameras/new"
          onLeave={() => setDraft(EMPTY)}
        />
        <form class="settings stack" onSubmit={submit} noValidate>
          <section class="card stack">
            <h2>{words.source}</h2>
            <SourceChoice />
            {draft.kind === 'push' ? (
              <PushHelp id={whole.id} />
            ) : (
              <LiveTest settings={whole} onTested={setOutcome} />
            )}
          </section>
          <section class="card stack">
            <h2>{words.finds}</h2>
            <Finder isTitled />
          </section>
          {draft.kind !== 'push' && (
            <section class="card stack">
              <h2>{texts.cameras.groups.schedule}</h2>
              <ScheduleField />
            </section>
          )}
          <section class="card stack">
            <h2>{words.naming}</h2>
            <Naming suggestion={suggestedId(draft, taken)} />
          </section>
          <ErrorNotice error={error} />
          <div class="row">
            <Button type="submit" look="primary" busy={busy}>
              {words.submit}
            </Button>
          </div>
        </form>
      </EditorProvider>
    </Page>
  );
}

function suggestedId({ name, url, path, kind }: Draft, taken: readonly string[]): string {
  const last = typeof path === 'string' ? (path.split('/').filter(Boolean).at(-1) ?? '') : '';
  const source = typeof url === 'string' && url !== '' ? hostOf(url) : last;
  return idFrom(typeof name === 'string' && name !== '' ? name : source || kind, taken);
}

function Naming({ suggestion }: { suggestion: string }) {
  const { draft, set, errorAt } = useEditor();
  const { name, id } = texts.cameras.fields;
  return (
    <div class="fields">
      <TextField
        label={name?.label ?? ''}
        help={name?.help}
        error={errorAt('name')}
        value={typeof draft.name === 'string' ? draft.name : ''}
        maxLength={64}
        onValue={(text) => set('name', text === '' ? undefined : text)}
      />
      <TextField
        label={id?.label ?? ''}
        help={id?.help}
        error={errorAt('id')}
        value={draft.id}
        placeholder={suggestion}
        autocapitalize="none"
        spellcheck={false}
        onValue={(text) => set('id', text)}
      />
    </div>
  );
}
