import { useState } from 'preact/hooks';
import type { NotificationsResource, RuleResource } from '../../../core/contract/notification.js';
import type { Trigger } from '../../../core/contract/notification-trigger.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { CheckList } from '../ui/check-list.js';
import { CheckField, SelectField, TextField } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Notice, showToast } from '../ui/notice.js';
import { fieldErrorOf, useAction } from '../use-action.js';
import type { RuleChoices } from './choices.js';
import { NumberField } from './number-field.js';
import { completeRule, draftOf, ends, newRule, type RuleDraft } from './rule-draft.js';
import { ruleInWords } from './rule-in-words.js';
import { RuleSubject } from './rule-subject.js';
import { WindowsField } from './windows-field.js';

const words = texts.notifications;

interface RuleDialogProps {
  of: NotificationsResource;
  choices: RuleChoices;
  /** Undefined for a new one. */
  rule: RuleResource | undefined;
  onClose(): void;
  onDone(): void;
}

/** The form of a rule, with the rule in words above it. */
export function RuleDialog({ of, choices, rule, onClose, onDone }: RuleDialogProps) {
  const [draft, setDraft] = useState<RuleDraft>(() =>
    rule ? draftOf(rule) : newRule(of.triggers[0] ?? 'appeared', firstWay(of)),
  );
  const set = (part: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...part }));
  const action = useAction(async () => {
    const body = completeRule(
      draft,
      of.rules.map(({ id }) => id),
    );
    if (rule) await api.put(`/notifications/rules/${rule.id}`, body);
    else await api.post('/notifications/rules', body);
    showToast(words.ruleSaved);
    onDone();
  });
  return (
    <FormDialog
      title={rule ? words.editRule : words.newRule}
      submit={texts.common.save}
      action={action}
      onClose={onClose}
    >
      <Notice>{ruleInWords(draft, of.ways, choices)}</Notice>
      <SelectField
        label={words.when}
        value={draft.when}
        options={of.triggers.map((value) => ({ value, text: words.triggers[value] }))}
        onValue={(when) => set({ when: when as Trigger })}
        error={fieldErrorOf(action.error, 'when')}
      />
      <RuleSubject draft={draft} choices={choices} error={action.error} onValue={set} />
      <CheckList
        label={words.sendTo}
        options={of.ways.map(({ id, name }) => ({ value: id, text: name ?? id }))}
        chosen={draft.ways}
        {...(of.ways.length === 0 && { help: words.noWays })}
        onValue={(ways) => set({ ways })}
      />
      <WindowsField value={draft.windows} onValue={(windows) => set({ windows })} />
      <Sending draft={draft} error={action.error} onValue={set} />
    </FormDialog>
  );
}

/** A new rule uses the only way there is. */
const firstWay = ({ ways }: NotificationsResource): string[] =>
  ways.length === 1 ? ways.map(({ id }) => id) : [];

interface SendingProps {
  draft: RuleDraft;
  error: unknown;
  onValue(part: Partial<RuleDraft>): void;
}

/** How often, how many at once, and under which name. */
const Sending = ({ draft, error, onValue }: SendingProps) => (
  <>
    <NumberField
      label={words.cooldown}
      help={words.cooldownHelp}
      min={0}
      max={10_080}
      required
      value={draft.cooldownMinutes}
      onValue={(cooldownMinutes) => onValue({ cooldownMinutes: cooldownMinutes ?? 0 })}
      error={fieldErrorOf(error, 'cooldownMinutes')}
    />
    {ends(draft.when) && (
      <CheckField
        label={words.recovery}
        checked={draft.recovery}
        onValue={(recovery) => onValue({ recovery })}
      />
    )}
    <CheckField
      label={words.enabled}
      help={words.enabledHelp}
      checked={draft.enabled}
      onValue={(enabled) => onValue({ enabled })}
    />
    <details>
      <summary>{words.more}</summary>
      <div class="stack">
        <TextField
          label={words.ruleName}
          help={words.ruleNameHelp}
          maxLength={64}
          value={draft.name ?? ''}
          onValue={(name) => onValue({ name })}
          error={fieldErrorOf(error, 'name')}
        />
        <NumberField
          label={words.collect}
          help={words.collectHelp}
          min={0}
          max={3_600}
          value={draft.collectSeconds}
          onValue={(collectSeconds) => onValue({ collectSeconds: collectSeconds ?? 0 })}
          error={fieldErrorOf(error, 'collectSeconds')}
        />
      </div>
    </details>
  </>
);
