import type { SystemResource } from '../../../core/contract/system.js';
import { may } from '../../shared/session.js';
import { Badge } from '../../shared/ui/badge.js';
import { Loading } from '../../shared/ui/loading.js';
import { ErrorNotice, Notice } from '../../shared/ui/notice.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { AccessCard, DetectionCard, MachineCard, ProgramCard, StorageCard } from './cards.js';
import { Certificates } from './certificates.js';
import { VersionCard } from './version.js';

const words = texts.system;

export function Overview() {
  const system = useResource<SystemResource>('/system', { everySeconds: 5 });
  const { data, error } = system;
  if (data === undefined) return <Loading of={system} />;
  return (
    <>
      <ErrorNotice error={error} />
      <State reasons={data.reasons} />
      <div class="grid">
        {may('admin') && <VersionCard />}
        <ProgramCard system={data} />
        <MachineCard system={data} />
        <StorageCard system={data} />
        <DetectionCard system={data} />
        <AccessCard system={data} />
        <Certificates of={data.certificates} />
      </div>
    </>
  );
}

function State({ reasons }: { reasons: string[] }) {
  if (reasons.length === 0)
    return (
      <div>
        <Badge tone="good">{words.well}</Badge>
      </div>
    );
  return (
    <Notice tone="warning">
      <p>
        <strong>{words.degraded}</strong>
      </p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </Notice>
  );
}
