import { useState } from 'preact/hooks';
import { ApiError, api } from '../../shared/api.js';
import { formatAgo, formatTime } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { CopyText } from '../../shared/ui/copy-text.js';
import { ConfirmDialog, Dialog } from '../../shared/ui/dialog.js';
import { TextField } from '../../shared/ui/field.js';
import { FormDialog } from '../../shared/ui/form-dialog.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { fieldErrorOf, useAction } from '../../shared/use-action.js';
import { texts } from '../../texts/texts.js';

const words = texts.fleet;

/** What is shown once: a code to enrol with, or a password for MQTT. */
export type Shown =
  | { kind: 'code'; site: string; code: string; expiresAt: string }
  | { kind: 'password'; site: string; password: string };

const pathOf = (site: string) => `/sites/${encodeURIComponent(site)}`;

export async function offerCode(site: string): Promise<Shown> {
  const answer = await api.post<{ code: string; expiresAt: string }>(`${pathOf(site)}/enrolment`);
  return { kind: 'code', site, code: answer.code, expiresAt: answer.expiresAt };
}

export async function newPassword(site: string): Promise<Shown> {
  const { password } = await api.post<{ password: string }>(`${pathOf(site)}/password`);
  return { kind: 'password', site, password };
}

export const rotate = (site: string) => api.post(`${pathOf(site)}/rotation`);
export const revoke = (site: string) => api.post(`${pathOf(site)}/revocation`);
export const removeSite = (site: string) => api.delete(pathOf(site));

export function ShownOnce({ shown, onClose }: { shown: Shown; onClose(): void }) {
  const { site } = shown;
  const title = shown.kind === 'code' ? words.codeTitle(site) : words.passwordTitle(site);
  return (
    <Dialog title={title} onClose={onClose}>
      {shown.kind === 'code' ? (
        <>
          <CopyText label={words.code} value={shown.code} />
          <p>{words.expires(formatTime(shown.expiresAt), formatAgo(shown.expiresAt))}</p>
          <p>{words.codeHelp}</p>
          <CopyText label={words.enrol} value={words.enrolCommand(shown.code)} />
        </>
      ) : (
        <>
          <CopyText label={words.password} value={shown.password} />
          <p>{words.passwordOnce}</p>
        </>
      )}
      <div class="actions">
        <Button look="primary" onClick={onClose}>
          {texts.common.close}
        </Button>
      </div>
    </Dialog>
  );
}

interface AddSiteProps {
  onClose(): void;
  onDone(site: string): void;
}

/** Makes a code for a new site; with a relay that cannot, a password for MQTT. */
export function AddSite({ onClose, onDone }: AddSiteProps) {
  const [id, setId] = useState('');
  const [shown, setShown] = useState<Shown>();
  const enrol = useAction(async () => setShown(await offerCode(id.trim())));
  const provision = useAction(async () => {
    const { password } = await api.post<{ password: string }>('/sites', { id: id.trim() });
    setShown({ kind: 'password', site: id.trim(), password });
  });
  if (shown) {
    const done = () => {
      onClose();
      onDone(shown.site);
    };
    return <ShownOnce shown={shown} onClose={done} />;
  }
  const cannotEnrol =
    enrol.error instanceof ApiError && enrol.error.problem.code === 'invalid_configuration';
  return (
    <FormDialog
      title={words.add}
      submit={words.enrol}
      action={{
        ...enrol,
        // The dialog stays, to show the code.
        run: async () => {
          await enrol.run();
          return false;
        },
      }}
      onClose={onClose}
    >
      <TextField
        label={words.id}
        help={words.addHelp}
        autocapitalize="none"
        spellcheck={false}
        autocomplete="off"
        pattern="[a-z0-9][a-z0-9\-]{0,62}"
        required
        value={id}
        onValue={setId}
        error={fieldErrorOf(provision.error, 'id')}
      />
      {cannotEnrol && (
        <div class="stack">
          <p class="muted">{words.passwordHelp}</p>
          <ErrorNotice error={provision.error} />
          <div>
            <Button busy={provision.busy} onClick={() => void provision.run()}>
              {words.getPassword}
            </Button>
          </div>
        </div>
      )}
    </FormDialog>
  );
}

interface SiteDialogProps {
  site: string;
  onClose(): void;
  onDone(): void;
}

export const RevokeSite = ({ site, onClose, onDone }: SiteDialogProps) => (
  <ConfirmDialog
    title={words.revokeTitle(site)}
    action={words.revoke}
    onClose={onClose}
    onConfirm={async () => {
      await revoke(site);
      onDone();
    }}
  >
    <p>{words.revokeText}</p>
  </ConfirmDialog>
);

/** Asks for the id, since this takes away everything that the site reported. */
export function RemoveSite({
  site,
  summaries,
  onClose,
  onDone,
}: SiteDialogProps & { summaries: string }) {
  const [typed, setTyped] = useState('');
  const action = useAction(async () => {
    await removeSite(site);
    onDone();
  });
  return (
    <Dialog title={words.removeTitle(site)} onClose={onClose}>
      <p>{words.removeText(summaries)}</p>
      <TextField
        label={words.removeConfirm}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onValue={setTyped}
      />
      <ErrorNotice error={action.error} />
      <div class="actions">
        <Button onClick={onClose}>{texts.common.cancel}</Button>
        <Button
          look="danger"
          busy={action.busy}
          disabled={typed.trim() !== site}
          onClick={() => void action.run()}
        >
          {words.remove}
        </Button>
      </div>
    </Dialog>
  );
}
