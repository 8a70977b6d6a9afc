import type {
  SessionResource,
  TokenResource,
  UserResource,
} from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { may } from '../session.js';
import { Page } from '../ui/page.js';
import { useResource } from '../use-resource.js';
import { Sessions } from './sessions.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';
import { You } from './you.js';

/** Who may use the program: the person at the page for everybody, all others for administrators. */
export function PeoplePage({ hasCameras = true }: { hasCameras?: boolean }) {
  const isAdmin = may('admin');
  const users = useResource<{ users: UserResource[] }>(isAdmin ? '/users' : undefined);
  const tokens = useResource<{ tokens: TokenResource[] }>(isAdmin ? '/tokens' : undefined);
  const sessions = useResource<{ sessions: SessionResource[] }>('/sessions', { everySeconds: 60 });
  const administrators = [
    ...(users.data?.users ?? []).filter(({ role }) => role === 'admin'),
    ...(tokens.data?.tokens ?? []).filter(isLiveAdministrator),
  ].length;
  const reload = () => void Promise.all([users.reload(), tokens.reload(), sessions.reload()]);
  return (
    <Page title={texts.people.title}>
      <You />
      {isAdmin && <Users of={users} isOneLeft={administrators === 1} onChange={reload} />}
      <Sessions of={sessions} onChange={reload} />
      {isAdmin && (
        <Tokens
          of={tokens}
          hasCameras={hasCameras}
          isOneLeft={administrators === 1}
          onChange={reload}
        />
      )}
    </Page>
  );
}

const isLiveAdministrator = ({ role, cameras, expiresAt }: TokenResource): boolean =>
  role === 'admin' &&
  cameras === null &&
  (expiresAt === null || Date.parse(expiresAt) > Date.now());
