import { useState } from 'preact/hooks';
import type { UserResource } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatDateTime, formatNumber } from '../format.js';
import { caller, forgetCaller } from '../session.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { Loading } from '../ui/loading.js';
import { showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { type Column, Table } from '../ui/table.js';
import type { Resource } from '../use-resource.js';
import { AddUser, ChangeRole, SetPassword } from './user-dialogs.js';

const words = texts.people;

type Opened = { kind: 'add' } | { kind: 'role' | 'password' | 'remove'; user: UserResource };

interface UsersProps {
  of: Resource<{ users: UserResource[] }>;
  /** Whether there is one administrator only, of users and tokens together. */
  isOneLeft: boolean;
  onChange(): void;
}

export function Users({ of, isOneLeft, onChange }: UsersProps) {
  const [opened, setOpened] = useState<Opened>();
  const isLast = ({ role }: UserResource) => isOneLeft && role === 'admin';
  return (
    <Section
      title={words.users}
      help={words.usersHelp}
      actions={<Button onClick={() => setOpened({ kind: 'add' })}>{words.addUser}</Button>}
    >
      {of.data ? (
        <Table
          caption={words.users}
          columns={columnsOf(isLast, setOpened)}
          rows={of.data.users}
          keyOf={({ name }) => name}
          empty={words.noUsers}
        />
      ) : (
        <Loading of={of} />
      )}
      {opened && (
        <UserDialog opened={opened} onClose={() => setOpened(undefined)} onChange={onChange} />
      )}
    </Section>
  );
}

const columnsOf = (
  isLast: (user: UserResource) => boolean,
  open: (opened: Opened) => void,
): Column<UserResource>[] => [
  {
    title: words.name,
    cell: ({ name }) => (
      <>
        {name} {isCaller(name) && <span class="muted">({words.itsYou})</span>}
      </>
    ),
  },
  {
    title: words.role,
    cell: ({ role }) => (
      <Badge tone={role === 'admin' ? 'warning' : 'info'}>{words.roles[role]}</Badge>
    ),
  },
  { title: words.since, cell: ({ createdAt }) => formatDateTime(createdAt) },
  { title: words.passwordOf, cell: ({ passwordChangedAt }) => formatDateTime(passwordChangedAt) },
  { title: words.openSessions, isNumber: true, cell: ({ sessions }) => formatNumber(sessions) },
  {
    title: words.actions,
    cell: (user) => (
      <div class="row">
        <Button
          aria-label={words.setPasswordOf(user.name)}
          onClick={() => open({ kind: 'password', user })}
        >
          {words.setPassword}
        </Button>
        {isLast(user) ? (
          <span class="muted">{words.lastAdministrator}</span>
        ) : (
          <>
            <Button
              aria-label={words.changeRoleOf(user.name)}
              onClick={() => open({ kind: 'role', user })}
            >
              {words.changeRole}
            </Button>
            <Button
              look="danger"
              aria-label={words.removeOf(user.name)}
              onClick={() => open({ kind: 'remove', user })}
            >
              {texts.common.remove}
            </Button>
          </>
        )}
      </div>
    ),
  },
];

export const isCaller = (name: string): boolean =>
  caller.value?.kind === 'user' && caller.value.name === name;

interface UserDialogProps {
  opened: Opened;
  onClose(): void;
  onChange(): void;
}

function UserDialog({ opened, onClose, onChange }: UserDialogProps) {
  /** A change of the caller's own account ends the session that the page has. */
  const changed = (name: string) => {
    if (isCaller(name)) forgetCaller();
    else onChange();
  };
  if (opened.kind === 'add') return <AddUser onClose={onClose} onDone={onChange} />;
  const { kind, user } = opened;
  const done = () => changed(user.name);
  if (kind === 'role') return <ChangeRole user={user} onClose={onClose} onDone={done} />;
  if (kind === 'password') return <SetPassword user={user} onClose={onClose} onDone={done} />;
  return (
    <ConfirmDialog
      title={words.removeOf(user.name)}
      action={texts.common.remove}
      onClose={onClose}
      onConfirm={async () => {
        await api.delete(`/users/${encodeURIComponent(user.name)}`);
        showToast(words.removed(user.name));
        done();
      }}
    >
      <p>{words.removeUser(user.name)}</p>
    </ConfirmDialog>
  );
}
