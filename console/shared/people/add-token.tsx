import { useState } from 'preact/hooks';
import type { Role } from '../../../core/contract/access.js';
import type { CameraResource } from '../../../core/contract/site.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { CheckField, SelectField } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { useAction } from '../use-action.js';
import { useResource } from '../use-resource.js';
import { NameField } from './name-field.js';
import { RoleField } from './role-field.js';

const words = texts.people;

export interface NewToken {
  name: string;
  token: string;
}

interface AddTokenProps {
  /** Whether a token may be good for some cameras alone. */
  hasCameras: boolean;
  onClose(): void;
  onDone(token: NewToken): void;
}

export function AddToken({ hasCameras, onClose, onDone }: AddTokenProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const known = useResource<{ cameras: CameraResource[] }>(hasCameras ? '/cameras' : undefined);
  const cameras = known.data?.cameras ?? [];
  const action = useAction(async () => {
    const token = await api.post<NewToken>('/tokens', {
      name,
      role,
      ...(days !== '' && { expiresInDays: Number(days) }),
      ...(chosen.length > 0 && { cameras: chosen }),
    });
    onDone(token);
  });
  return (
    <FormDialog title={words.addToken} submit={texts.common.add} action={action} onClose={onClose}>
      <NameField help={words.tokenNameHelp} value={name} onValue={setName} error={action.error} />
      <RoleField value={role} onValue={setRole} />
      <SelectField
        label={words.expires}
        value={days}
        options={words.lifetimes.map(({ days: value, text }) => ({ value, text }))}
        onValue={setDays}
      />
      {cameras.length > 0 && (
        <fieldset>
          <legend>{words.cameras}</legend>
          <p class="muted">{words.camerasHelp}</p>
          {cameras.map((camera) => (
            <CheckField
              key={camera.id}
              label={camera.name ?? camera.id}
              checked={chosen.includes(camera.id)}
              onValue={(isChosen) =>
                setChosen((before) => [
                  ...before.filter((id) => id !== camera.id),
                  ...(isChosen ? [camera.id] : []),
                ])
              }
            />
          ))}
        </fieldset>
      )}
    </FormDialog>
  );
}
