import { useState } from 'preact/hooks';
import type { NotificationsResource, WayResource } from '../../../core/contract/notification.js';
import type { GivenWay } from '../../../core/contract/notification-way.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { CheckField, SelectField, TextField } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { showToast } from '../ui/notice.js';
import { fieldErrorOf, useAction } from '../use-action.js';
import { EmailFields } from './email-fields.js';
import { NumberField } from './number-field.js';
import { freeId } from './rule-draft.js';
import {
  choiceOf,
  completeWay,
  draftOfWay,
  type MqttDraft,
  newWay,
  WAY_CHOICES,
  type WayChoice,
} from './way-draft.js';
import { WebhookFields } from './webhook-fields.js';

const words = texts.notifications;

interface WayDialogProps {
  of: NotificationsResource;
  /** Undefined for a new one. */
  way: WayResource | undefined;
  /** Whether the program has one broker alone, so that there is nothing to choose. */
  hasOneBroker: boolean;
  onClose(): void;
  /** Called with the saved way, which may be tested now. */
  onDone(way: { id: string; name: string | undefined }): void;
}

/** The form of a way. It is tested as soon as it is saved. */
export function WayDialog({ of, way, hasOneBroker, onClose, onDone }: WayDialogProps) {
  const [draft, setDraft] = useState<GivenWay>(() => (way ? draftOfWay(way) : newWay('ntfy')));
  const set = (part: Partial<GivenWay>) =>
    setDraft((before) => ({ ...before, ...part }) as GivenWay);
  const action = useAction(async () => {
    const taken = of.ways.map(({ id }) => id);
    const id = way?.id ?? freeId(draft.name || choiceOf(draft), taken);
    const body = completeWay(draft, id);
    if (way) await api.put(`/notifications/ways/${id}`, body);
    else await api.post('/notifications/ways', body);
    showToast(words.waySaved(draft.name || id));
    onDone({ id, name: draft.name || undefined });
  });
  return (
    <FormDialog
      title={way ? words.editWay(way.name ?? way.id) : words.newWay}
      submit={words.saveAndTest}
      action={action}
      onClose={onClose}
    >
      <SelectField
        label={words.what}
        value={choiceOf(draft)}
        options={WAY_CHOICES.map((value) => ({ value, text: words.kinds[value] }))}
        onValue={(choice) => setDraft(newWay(choice as WayChoice, draft.name))}
        disabled={way !== undefined}
      />
      <TextField
        label={words.wayName}
        help={words.wayNameHelp}
        maxLength={64}
        value={draft.name ?? ''}
        onValue={(name) => set({ name })}
        error={fieldErrorOf(action.error, 'name')}
      />
      {draft.kind === 'webhook' && (
        <WebhookFields of={of} draft={draft} error={action.error} onValue={set} />
      )}
      {draft.kind === 'email' && <EmailFields draft={draft} error={action.error} onValue={set} />}
      {draft.kind === 'mqtt' && <MqttFields {...{ draft, hasOneBroker }} onValue={set} />}
      <CheckField
        label={words.enabled}
        checked={draft.enabled}
        onValue={(enabled) => set({ enabled })}
      />
      <NumberField
        label={words.maxPerMinute}
        help={words.maxPerMinuteHelp}
        min={1}
        max={600}
        required
        value={draft.maxPerMinute}
        onValue={(maxPerMinute) => set({ maxPerMinute: maxPerMinute ?? 1 })}
        error={fieldErrorOf(action.error, 'maxPerMinute')}
      />
    </FormDialog>
  );
}

interface MqttFieldsProps {
  draft: MqttDraft;
  hasOneBroker: boolean;
  onValue(part: Partial<MqttDraft>): void;
}

const CONNECTIONS: MqttDraft['connection'][] = ['lan', 'relay'];
const PICTURES: MqttDraft['picture'][] = ['link', 'none'];

const MqttFields = ({ draft, hasOneBroker, onValue }: MqttFieldsProps) => (
  <>
    <p class="muted">{words.mqttTopic}</p>
    {!hasOneBroker && (
      <SelectField
        label={words.connection}
        value={draft.connection}
        options={CONNECTIONS.map((value) => ({ value, text: words.connections[value] }))}
        onValue={(connection) => onValue({ connection: connection as MqttDraft['connection'] })}
      />
    )}
    <SelectField
      label={words.picture}
      value={draft.picture}
      options={PICTURES.map((value) => ({ value, text: words.pictures[value] }))}
      onValue={(picture) => onValue({ picture: picture as MqttDraft['picture'] })}
    />
  </>
);
