import type { SessionResource } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatAgo, formatDateTime } from '../format.js';
import { forgetCaller, may } from '../session.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Loading } from '../ui/loading.js';
import { ErrorNotice, showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { type Column, Table } from '../ui/table.js';
import { useAction } from '../use-action.js';
import type { Resource } from '../use-resource.js';

const words = texts.people;

interface SessionsProps {
  of: Resource<{ sessions: SessionResource[] }>;
  onChange(): void;
}

export function Sessions({ of, onChange }: SessionsProps) {
  const action = useAction(async ({ id, current }: SessionResource) => {
    await api.delete(`/sessions/${encodeURIComponent(id)}`);
    if (current) forgetCaller();
    else {
      showToast(words.sessionEnded);
      onChange();
    }
  });
  const columns: Column<SessionResource>[] = [
    ...(may('admin') ? [{ title: words.user, cell: ({ user }: SessionResource) => user }] : []),
    {
      title: words.lastUsed,
      cell: ({ lastUsedAt, current }) => (
        <>
          {formatAgo(lastUsedAt)} {current && <Badge tone="good">{words.thisOne}</Badge>}
        </>
      ),
    },
    { title: words.started, cell: ({ startedAt }) => formatDateTime(startedAt) },
    { title: words.address, cell: ({ address }) => address },
    { title: words.browser, cell: ({ agent }) => <span class="agent">{browserOf(agent)}</span> },
    {
      title: words.actions,
      cell: (session) => (
        <Button
          busy={action.busy}
          aria-label={words.endOf(session.user, session.address)}
          onClick={() => void action.run(session)}
        >
          {words.end}
        </Button>
      ),
    },
  ];
  return (
    <Section title={words.sessions} help={words.sessionsHelp}>
      <ErrorNotice error={action.error} />
      {of.data ? (
        <Table
          caption={words.sessions}
          columns={columns}
          rows={of.data.sessions}
          keyOf={({ id }) => id}
          empty={words.noSessions}
        />
      ) : (
        <Loading of={of} />
      )}
    </Section>
  );
}

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];
const nameIn = (agent: string, names: [RegExp, string][]) =>
  names.find(([pattern]) => pattern.test(agent))?.[1];

/** "Firefox, Windows"; the browser's own words if they are others. */
function browserOf(agent: string): string {
  const known = [nameIn(agent, BROWSERS), nameIn(agent, SYSTEMS)].filter(Boolean);
  return known.length > 0 ? known.join(', ') : agent.slice(0, 80);
}
