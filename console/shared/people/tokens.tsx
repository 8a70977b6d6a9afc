import { useState } from 'preact/hooks';
import type { TokenResource } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatAgo, formatDateTime } from '../format.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { CopyText } from '../ui/copy-text.js';
import { ConfirmDialog, Dialog } from '../ui/dialog.js';
import { Loading } from '../ui/loading.js';
import { Notice, showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { type Column, Table } from '../ui/table.js';
import type { Resource } from '../use-resource.js';
import { AddToken, type NewToken } from './add-token.js';

const words = texts.people;

interface TokensProps {
  of: Resource<{ tokens: TokenResource[] }>;
  isOneLeft: boolean;
  hasCameras: boolean;
  onChange(): void;
}

export function Tokens({ of, isOneLeft, hasCameras, onChange }: TokensProps) {
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState<NewToken>();
  const [removing, setRemoving] = useState<TokenResource>();
  return (
    <Section
      title={words.tokens}
      help={words.tokensHelp}
      actions={<Button onClick={() => setAdding(true)}>{words.addToken}</Button>}
    >
      {of.data ? (
        <Table
          caption={words.tokens}
          columns={columnsOf(isOneLeft, setRemoving)}
          rows={of.data.tokens}
          keyOf={({ name }) => name}
          empty={words.noTokens}
        />
      ) : (
        <Loading of={of} />
      )}
      {adding && (
        <AddToken
          hasCameras={hasCameras}
          onClose={() => setAdding(false)}
          onDone={(token) => {
            setAdded(token);
            onChange();
          }}
        />
      )}
      {added && (
        <Dialog title={words.tokenIs(added.name)} onClose={() => setAdded(undefined)}>
          <Notice tone="warning">{words.tokenOnce}</Notice>
          <CopyText label={words.tokenIs(added.name)} value={added.token} />
          <div class="actions">
            <Button onClick={() => setAdded(undefined)}>{texts.common.close}</Button>
          </div>
        </Dialog>
      )}
      {removing && (
        <ConfirmDialog
          title={words.removeOf(removing.name)}
          action={texts.common.remove}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.delete(`/tokens/${encodeURIComponent(removing.name)}`);
            showToast(words.removed(removing.name));
            onChange();
          }}
        >
          <p>{words.removeToken(removing.name)}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

const columnsOf = (
  isOneLeft: boolean,
  remove: (token: TokenResource) => void,
): Column<TokenResource>[] => [
  { title: words.name, cell: ({ name }) => name },
  {
    title: words.role,
    cell: ({ role }) => (
      <Badge tone={role === 'admin' ? 'warning' : 'info'}>{words.roles[role]}</Badge>
    ),
  },
  { title: words.cameras, cell: ({ cameras }) => cameras?.join(', ') ?? words.allCameras },
  {
    title: words.lastUsed,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? words.neverUsed : formatAgo(lastUsedAt)),
  },
  { title: words.expires, cell: ({ expiresAt }) => <Expiry at={expiresAt} /> },
  {
    title: words.actions,
    cell: (token) =>
      isOneLeft && token.role === 'admin' && token.cameras === null ? (
        <span class="muted">{words.lastAdministrator}</span>
      ) : (
        <Button look="danger" aria-label={words.removeOf(token.name)} onClick={() => remove(token)}>
          {texts.common.remove}
        </Button>
      ),
  },
];

function Expiry({ at }: { at: string | null }) {
  if (at === null) return <>{words.never}</>;
  if (Date.parse(at) < Date.now()) return <Badge tone="bad">{words.expired}</Badge>;
  return <>{formatDateTime(at)}</>;
}
