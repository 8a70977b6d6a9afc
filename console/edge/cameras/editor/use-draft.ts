import { useEffect, useState } from 'preact/hooks';
import type { ManagedSettings } from '../../../../core/contract/camera-management.js';
import { api } from '../../../shared/api.js';
import { showToast } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { cameraResource } from '../camera-path.js';
import { type Draft, draftOf, isSame } from './draft.js';

const words = texts.cameras.page;

/** Drafts that were left by the browser's way back, where nothing can be asked: they are there again on return. */
const unsaved = new Map<string, { draft: Draft; revision: number | null }>();

export type CameraForm = ReturnType<typeof useDraft>;

/** The draft of a camera, and how it is saved, discarded and undone. */
export function useDraft(
  camera: string,
  managed: ManagedSettings,
  onSaved: (managed: ManagedSettings) => void,
) {
  const kept = unsaved.get(camera);
  const [draft, setDraft] = useState(kept?.revision === managed.revision ? kept?.draft : undefined);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  /** The revision that was in effect before the last save on this page. */
  const [former, setFormer] = useState<number | null>(null);
  const original = draftOf(managed.settings);
  const current = draft ?? original;
  useEffect(() => {
    if (draft === undefined) unsaved.delete(camera);
    else unsaved.set(camera, { draft, revision: managed.revision });
  }, [draft]);
  const run = async (work: () => Promise<ManagedSettings>, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      onSaved(await work());
      setDraft(undefined);
      showToast(done);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const resource = cameraResource(camera);
  return {
    draft: current,
    original,
    error,
    busy,
    canUndo: former !== null && draft === undefined,
    isDirty: draft !== undefined && !isSame(draft, original),
    change: (make: (before: Draft) => Draft) => setDraft((before) => make(before ?? original)),
    discard: () => {
      unsaved.delete(camera);
      setDraft(undefined);
      setError(undefined);
    },
    save: () =>
      run(async () => {
        const query = { revision: managed.revision };
        const answer = await api.put<ManagedSettings>(resource, current, { query });
        setFormer(managed.revision);
        return answer;
      }, words.saved),
    undo: () =>
      run(async () => {
        const restored = await api.post<ManagedSettings>(`${resource}/revisions/${former}/restore`);
        setFormer(null);
        return restored;
      }, words.undone),
  };
}
