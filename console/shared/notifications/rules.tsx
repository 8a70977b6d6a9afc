import { useState } from 'preact/hooks';
import type { NotificationsResource, RuleResource } from '../../../core/contract/notification.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatAgo } from '../format.js';
import { may } from '../session.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { Notice, showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import type { RuleChoices } from './choices.js';
import { RuleDialog } from './rule-dialog.js';
import { draftOf } from './rule-draft.js';
import { ruleInWords } from './rule-in-words.js';

const words = texts.notifications;

interface RulesProps {
  of: NotificationsResource;
  choices: RuleChoices;
  onChange(): void;
}

type Opened =
  | { kind: 'edit'; rule: RuleResource | undefined }
  | { kind: 'remove'; rule: RuleResource };

/** The rules, each in a sentence. */
export function Rules({ of, choices, onChange }: RulesProps) {
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  const canAdd = may('admin') && of.ways.length > 0;
  return (
    <Section
      title={words.rules}
      actions={
        canAdd && (
          <Button onClick={() => setOpened({ kind: 'edit', rule: undefined })}>
            {words.addRule}
          </Button>
        )
      }
    >
      {of.rules.length === 0 && <p class="muted">{words.noRules}</p>}
      {of.rules.map((rule) => (
        <Rule key={rule.id} rule={rule} {...{ of, choices }} onOpen={setOpened} />
      ))}
      {opened?.kind === 'edit' && (
        <RuleDialog {...{ of, choices }} rule={opened.rule} onClose={close} onDone={onChange} />
      )}
      {opened?.kind === 'remove' && (
        <ConfirmDialog
          title={words.removeRule}
          action={texts.common.remove}
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/notifications/rules/${opened.rule.id}`);
            showToast(words.ruleRemoved);
            onChange();
          }}
        >
          <p>{ruleInWords(draftOf(opened.rule), of.ways, choices)}</p>
          <p class="muted">{words.removeRuleText}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

interface RuleProps extends Omit<RulesProps, 'onChange'> {
  rule: RuleResource;
  onOpen(opened: Opened): void;
}

function Rule({ rule, of, choices, onOpen }: RuleProps) {
  const { name, id, enabled, readOnly, problem, lastMessageAt } = rule;
  const called = name ?? id;
  return (
    <article class="card stack" aria-label={called}>
      <div class="row spread">
        <div class="row">
          <h3>{called}</h3>
          {!enabled && <Badge>{words.switchedOff}</Badge>}
          {readOnly !== null && <Badge>{words.readOnly}</Badge>}
        </div>
        {may('admin') && readOnly === null && (
          <div class="row">
            <Button
              aria-label={`${texts.common.edit}: ${called}`}
              onClick={() => onOpen({ kind: 'edit', rule })}
            >
              {texts.common.edit}
            </Button>
            <Button
              look="danger"
              aria-label={texts.common.removeNamed(called)}
              onClick={() => onOpen({ kind: 'remove', rule })}
            >
              {texts.common.remove}
            </Button>
          </div>
        )}
      </div>
      <p>{ruleInWords(draftOf(rule), of.ways, choices)}</p>
      {problem !== null && <Notice tone="warning">{problem}</Notice>}
      <p class="muted">
        {lastMessageAt === null ? words.noMessageYet : words.lastMessage(formatAgo(lastMessageAt))}{' '}
        {readOnly}
      </p>
    </article>
  );
}
