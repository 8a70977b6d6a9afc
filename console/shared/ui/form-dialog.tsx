import type { ComponentChildren } from 'preact';
import { texts } from '../../texts/texts.js';
import type { Action } from '../use-action.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { ErrorNotice } from './notice.js';

interface FormDialogProps {
  title: string;
  /** The text of the button that sends it. */
  submit: string;
  /** Closes the dialog if it succeeds. */
  action: Action<[]>;
  onClose(): void;
  children: ComponentChildren;
}

/** A form in a dialog. Enter sends it; what was wrong is shown, and what was typed stays. */
export function FormDialog({ title, submit, action, onClose, children }: FormDialogProps) {
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await action.run()) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={send}>
        {children}
        <ErrorNotice error={action.error} />
        <div class="actions">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={action.busy}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
