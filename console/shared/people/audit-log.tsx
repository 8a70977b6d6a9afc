import { useEffect, useState } from 'preact/hooks';
import type { AuditEntryResource } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatDateTime } from '../format.js';
import { Button } from '../ui/button.js';
import { SelectField, TextField } from '../ui/field.js';
import { ErrorNotice } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { type Column, Table } from '../ui/table.js';
import { useAction } from '../use-action.js';
import './audit-log.css';

const words = texts.system;
const PAGE = 50;

interface AuditPage {
  entries: AuditEntryResource[];
  next: string | null;
}

interface Filter {
  action: string;
  actor: string;
}

/** Who did what, in pages. */
export function AuditLog() {
  const [filter, setFilter] = useState<Filter>({ action: '', actor: '' });
  const { entries, next, more } = useAudit(filter);
  return (
    <Section title={words.audit} help={words.auditHelp}>
      <div class="audit-filters">
        <SelectField
          label={words.action}
          value={filter.action}
          options={[
            { value: '', text: words.anyAction },
            ...Object.entries(words.auditActions).map(([value, text]) => ({ value, text })),
          ]}
          onValue={(action) => setFilter({ ...filter, action })}
        />
        <TextField
          label={words.actor}
          help={words.actorHelp}
          type="search"
          maxLength={200}
          value={filter.actor}
          onValue={(actor) => setFilter({ ...filter, actor })}
        />
      </div>
      <ErrorNotice error={more.error} />
      {entries ? (
        <Table
          caption={words.audit}
          columns={COLUMNS}
          rows={entries}
          keyOf={({ id }) => id}
          empty={words.noEntries}
        />
      ) : (
        <p role="status">{texts.common.loading}</p>
      )}
      {next !== null && (
        <div>
          <Button busy={more.busy} onClick={() => void more.run()}>
            {texts.common.more}
          </Button>
        </div>
      )}
    </Section>
  );
}

function useAudit({ action, actor }: Filter) {
  const [pages, setPages] = useState<{
    of: string;
    entries: AuditEntryResource[];
    next: string | null;
  }>();
  const of = JSON.stringify([action, actor.trim()]);
  const own = pages?.of === of ? pages : undefined;
  const more = useAction(async () => {
    const query = { action, actor: actor.trim(), limit: PAGE, after: own?.next };
    const page = await api.get<AuditPage>('/audit', { query });
    setPages({ of, entries: [...(own?.entries ?? []), ...page.entries], next: page.next });
  });
  useEffect(() => {
    void more.run();
  }, [of]);
  return { entries: own?.entries, next: own?.next ?? null, more };
}

const COLUMNS: Column<AuditEntryResource>[] = [
  {
    title: words.at,
    cell: ({ at, count, lastAt }) => (
      <>
        {formatDateTime(at)}
        {count > 1 && <div class="muted">{words.times(count, formatDateTime(lastAt))}</div>}
      </>
    ),
  },
  { title: words.action, cell: ({ action }) => words.auditActions[action] ?? spelled(action) },
  {
    title: words.actor,
    cell: ({ actor: { name, kind } }) => (
      <>
        {name} <span class="muted">({words.actorKinds[kind] ?? kind})</span>
      </>
    ),
  },
  {
    title: words.subject,
    cell: ({ subject, detail }) => [subject, detail].filter(Boolean).join(', '),
  },
  { title: words.from, cell: ({ actor: { address } }) => address },
];

/** Of an action without a text here. */
const spelled = (action: string): string =>
  (action[0] ?? '').toUpperCase() + action.slice(1).replaceAll('_', ' ');
