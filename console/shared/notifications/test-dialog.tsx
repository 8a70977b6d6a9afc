import { useEffect, useState } from 'preact/hooks';
import type { TestAnswer } from '../../../core/contract/notification.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { ErrorNotice, Notice } from '../ui/notice.js';
import { useAction } from '../use-action.js';

const words = texts.notifications;

interface TestDialogProps {
  way: { id: string; name?: string | undefined };
  onClose(): void;
  onDone(): void;
}

/** Sends a test message at once, and shows what the receiver answered. */
export function TestDialog({ way, onClose, onDone }: TestDialogProps) {
  const [answer, setAnswer] = useState<TestAnswer>();
  const action = useAction(async () => {
    setAnswer(undefined);
    setAnswer(await api.post<TestAnswer>(`/notifications/ways/${way.id}/test`));
    onDone();
  });
  useEffect(() => {
    void action.run();
  }, []);
  return (
    <Dialog title={words.testOf(way.name ?? way.id)} onClose={onClose}>
      <ErrorNotice error={action.error} />
      {answer ? <Answer of={answer} /> : action.busy && <p role="status">{words.testing}…</p>}
      <div class="actions">
        <Button busy={action.busy} onClick={() => void action.run()}>
          {texts.common.retry}
        </Button>
        <Button look="primary" onClick={onClose}>
          {texts.common.close}
        </Button>
      </div>
    </Dialog>
  );
}

const Answer = ({ of: { delivered, answer, advice, withPicture } }: { of: TestAnswer }) => (
  <Notice tone={delivered ? 'good' : 'bad'}>
    <p>
      <strong>{delivered ? words.delivered : words.notDelivered}</strong>{' '}
      {delivered && (withPicture ? words.withPicture : words.withoutPicture)}
    </p>
    <p>
      {words.answer} {answer}
    </p>
    {advice !== null && <p>{advice}</p>}
  </Notice>
);
