import { useState } from 'preact/hooks';
import type { LiveCamera } from '../../../core/contract/live.js';
import { api } from '../../shared/api.js';
import { may } from '../../shared/session.js';
import { Button } from '../../shared/ui/button.js';
import { showToast } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import { nameOf } from './live-choices.js';

const words = texts.live;

/** What an operator does with a camera, and the way to its settings. */
export function CameraActions({ camera }: { camera: LiveCamera }) {
  const [busy, setBusy] = useState<string | undefined>();
  const act = async (action: string, done: (answer: { image?: string | null }) => string) => {
    setBusy(action);
    try {
      showToast(done(await api.post(`/cameras/${camera.id}/${action}`)));
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error), 'bad');
    } finally {
      setBusy(undefined);
    }
  };
  const isPaused = camera.state === 'paused';
  const name = nameOf(camera);
  return (
    <>
      {may('operator') && (
        <>
          <Button
            look="primary"
            busy={busy === 'snapshot'}
            onClick={() =>
              act('snapshot', ({ image }) => (image ? words.snapshotTaken : words.snapshotNone))
            }
          >
            {words.snapshot}
          </Button>
          <Button
            busy={busy === 'pause' || busy === 'resume'}
            onClick={() =>
              isPaused
                ? act('resume', () => words.resumed(name))
                : act('pause', () => words.paused(name))
            }
          >
            {isPaused ? words.resume : words.pause}
          </Button>
        </>
      )}
      <a class="button" href={`/cameras/${camera.id}`}>
        {words.settings}
      </a>
    </>
  );
}
