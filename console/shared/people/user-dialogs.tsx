import { useState } from 'preact/hooks';
import type { Role, UserResource } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { TextField } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { showToast } from '../ui/notice.js';
import { fieldErrorOf, useAction } from '../use-action.js';
import { NameField } from './name-field.js';
import { RoleField } from './role-field.js';

const words = texts.people;

interface DialogProps {
  onClose(): void;
  onDone(): void;
}

export function AddUser({ onClose, onDone }: DialogProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const action = useAction(async () => {
    await api.post('/users', { name, role, password });
    showToast(words.userAdded(name));
    onDone();
  });
  return (
    <FormDialog title={words.addUser} submit={texts.common.add} action={action} onClose={onClose}>
      <NameField help={words.userNameHelp} value={name} onValue={setName} error={action.error} />
      <RoleField value={role} onValue={setRole} />
      <NewPassword value={password} onValue={setPassword} error={action.error} />
    </FormDialog>
  );
}

interface OfUser extends DialogProps {
  user: UserResource;
}

const pathOf = ({ name }: UserResource) => `/users/${encodeURIComponent(name)}`;

export function ChangeRole({ user, onClose, onDone }: OfUser) {
  const [role, setRole] = useState<Role>(user.role);
  const action = useAction(async () => {
    await api.put(`${pathOf(user)}/role`, { role });
    showToast(words.userChanged(user.name));
    onDone();
  });
  return (
    <FormDialog
      title={words.changeRoleOf(user.name)}
      submit={texts.common.save}
      action={action}
      onClose={onClose}
    >
      <RoleField value={role} onValue={setRole} />
      <p class="muted">{words.sessionsEnd}</p>
    </FormDialog>
  );
}

export function SetPassword({ user, onClose, onDone }: OfUser) {
  const [password, setPassword] = useState('');
  const action = useAction(async () => {
    await api.put(`${pathOf(user)}/password`, { password });
    showToast(words.userChanged(user.name));
    onDone();
  });
  return (
    <FormDialog
      title={words.setPasswordOf(user.name)}
      submit={texts.common.save}
      action={action}
      onClose={onClose}
    >
      <NewPassword value={password} onValue={setPassword} error={action.error} />
      <p class="muted">{words.sessionsEnd}</p>
    </FormDialog>
  );
}

interface NewPasswordProps {
  value: string;
  error: unknown;
  onValue(value: string): void;
}

const NewPassword = ({ value, error, onValue }: NewPasswordProps) => (
  <TextField
    label={words.newPassword}
    help={words.passwordHelp}
    type="password"
    autocomplete="new-password"
    minLength={12}
    required
    value={value}
    onValue={onValue}
    error={fieldErrorOf(error, 'password')}
  />
);
