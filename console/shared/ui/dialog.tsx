import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { texts } from '../../texts/texts.js';
import { Button } from './button.js';
import './dialog.css';
import { ErrorNotice } from './notice.js';

interface DialogProps {
  title: string;
  /** For pictures and tables. */
  wide?: boolean;
  /** Hides the page and the dialogs below it. */
  covers?: boolean;
  onClose(): void;
  children: ComponentChildren;
}

/** Open as long as it is on the page. Escape closes it, and the focus returns to where it was. */
export function Dialog({ title, wide = false, covers = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const own = dialog.current;
    own?.showModal();
    // Taken off the page while open, it would leave the focus nowhere.
    return () => own?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={['dialog', wide && 'wide', covers && 'covers'].filter(Boolean).join(' ')}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => covers && event.key === 'Escape' && event.preventDefault()}
      onClose={() => {
        // Browsers close a dialog at the second wish to, whatever the page says.
        if (covers && dialog.current?.isConnected) dialog.current.showModal();
      }}
    >
      <div>
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ComponentChildren;
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something that cannot be undone; shows why it failed. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div>{children}</div>
      <ErrorNotice error={error} />
      <div class="actions">
        <Button onClick={onClose}>{texts.common.cancel}</Button>
        <Button look="danger" busy={busy} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
