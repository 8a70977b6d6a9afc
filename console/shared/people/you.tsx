import { useState } from 'preact/hooks';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { caller, forgetCaller } from '../session.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { TextField } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { fieldErrorOf, useAction } from '../use-action.js';

const words = texts.people;

/** The person at the page. */
export function You() {
  const [open, setOpen] = useState<'password' | 'everywhere'>();
  const close = () => setOpen(undefined);
  const who = caller.value;
  if (who == null) return null;
  return (
    <Section title={words.you}>
      {who.kind === 'anyone' ? (
        <p>{words.youAreNobody}</p>
      ) : (
        <p>
          {words.youAre(who.name, words.roles[who.role])} {words.roleHelp[who.role]}
        </p>
      )}
      {who.kind !== 'user' && who.kind !== 'anyone' && <p class="muted">{words.youAreNoUser}</p>}
      {who.kind === 'user' && (
        <div class="row">
          <Button onClick={() => setOpen('password')}>{words.changePassword}</Button>
          <Button onClick={() => setOpen('everywhere')}>{words.logOutEverywhere}</Button>
        </div>
      )}
      {open === 'password' && <OwnPassword name={who.name} onClose={close} />}
      {open === 'everywhere' && (
        <ConfirmDialog
          title={words.logOutEverywhere}
          action={words.logOutEverywhere}
          onClose={close}
          onConfirm={async () => {
            await api.delete('/sessions');
            forgetCaller();
          }}
        >
          <p>{words.logOutEverywhereHelp}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function OwnPassword({ name, onClose }: { name: string; onClose(): void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const action = useAction(async () => {
    await api.put('/session/password', { current, password });
    showToast(words.passwordChanged);
    forgetCaller();
  });
  return (
    <FormDialog
      title={words.changePassword}
      submit={words.changePassword}
      action={action}
      onClose={onClose}
    >
      {/* For managers of passwords. */}
      <input type="text" name="username" autocomplete="username" value={name} hidden readOnly />
      <TextField
        label={words.currentPassword}
        type="password"
        autocomplete="current-password"
        required
        value={current}
        onValue={setCurrent}
        error={fieldErrorOf(action.error, 'current')}
      />
      <TextField
        label={words.newPassword}
        help={words.passwordHelp}
        type="password"
        autocomplete="new-password"
        minLength={12}
        required
        value={password}
        onValue={setPassword}
        error={fieldErrorOf(action.error, 'password')}
      />
      <p class="muted">{words.afterPassword}</p>
    </FormDialog>
  );
}
