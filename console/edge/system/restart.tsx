import { useState } from 'preact/hooks';
import type { RestartAnswer, SystemResource } from '../../../core/contract/system.js';
import { api } from '../../shared/api.js';
import { formatDuration } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { ConfirmDialog, Dialog } from '../../shared/ui/dialog.js';
import { Notice, showToast } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { texts } from '../../texts/texts.js';

const words = texts.system;
const ASK_EVERY_MS = 1_000;
/** The clock of the start is exact to about a second. */
const OTHER_START_MS = 1_500;
/** After so many times the expected time the page says that it takes long; it goes on asking. */
const LATE = 3;

interface Waiting {
  seconds: number;
  isLate: boolean;
}

/** Restarts the appliance, and waits until it is there again. */
export function Restart() {
  const [asking, setAsking] = useState(false);
  const [waiting, setWaiting] = useState<Waiting>();
  const restart = async () => {
    const { startedAt } = await api.get<SystemResource>('/system');
    const { readyInSeconds: seconds } = await api.post<RestartAnswer>('/system/restart');
    setWaiting({ seconds, isLate: false });
    void wait(startedAt, seconds);
  };
  const wait = async (startedAt: string, seconds: number) => {
    const began = performance.now();
    while (!(await isBack(startedAt))) {
      if (performance.now() - began > seconds * LATE * 1_000) setWaiting({ seconds, isLate: true });
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    setWaiting(undefined);
    showToast(words.restarted(formatDuration((performance.now() - began) / 1_000)));
  };
  return (
    <div class="card">
      <Section title={words.restart} help={words.restartHelp}>
        <div>
          <Button look="danger" onClick={() => setAsking(true)}>
            {words.restartNow}
          </Button>
        </div>
        {asking && (
          <ConfirmDialog
            title={words.restartNow}
            action={words.restart}
            onConfirm={restart}
            onClose={() => setAsking(false)}
          >
            <p>{words.restartQuestion}</p>
          </ConfirmDialog>
        )}
        {waiting && (
          <Dialog title={words.restarting} onClose={() => undefined}>
            <p role="status">{words.restartWait(waiting.seconds)}</p>
            <progress aria-label={words.restarting} />
            {waiting.isLate && <Notice tone="warning">{words.restartLate}</Notice>}
          </Dialog>
        )}
      </Section>
    </div>
  );
}

/** Whether the services have started again. Errors mean that they have not. */
async function isBack(startedAt: string): Promise<boolean> {
  try {
    const now = await api.get<SystemResource>('/system');
    return Date.parse(now.startedAt) - Date.parse(startedAt) > OTHER_START_MS;
  } catch {
    return false;
  }
}
