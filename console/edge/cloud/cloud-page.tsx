import type { SyncResource } from '../../../core/contract/site.js';
import { Loading } from '../../shared/ui/loading.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { Page } from '../../shared/ui/page.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { Backlog } from './backlog.js';
import { Connection } from './connection.js';
import { Hours } from './hours.js';
import { Relay } from './relay.js';

/** Whether the relay has what the appliance recorded, and why not. */
export function CloudPage() {
  const sync = useResource<SyncResource>('/sync', { everySeconds: 2 });
  const { data, error } = sync;
  return (
    <Page title={texts.cloud.title}>
      {data === undefined ? (
        <Loading of={sync} />
      ) : (
        <>
          <ErrorNotice error={error} />
          <Connection sync={data} />
          {data.configured && <Backlog sync={data} />}
          <Relay isConfigured={data.configured} onEnrolled={() => void sync.reload()} />
          {data.configured && <Hours sync={data} />}
        </>
      )}
    </Page>
  );
}
