import type { SiteCameraResource, SiteCamerasAnswer } from '../../../core/contract/fleet.js';
import type { SiteResource } from '../../../core/contract/site.js';
import {
  formatAgo,
  formatBytes,
  formatDateTime,
  formatDuration,
  formatNumber,
} from '../../shared/format.js';
import { may } from '../../shared/session.js';
import { Badge } from '../../shared/ui/badge.js';
import { Loading } from '../../shared/ui/loading.js';
import { Notice, type Tone } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { SiteAccount } from './site-account.js';
import { SiteDays } from './site-days.js';

const words = texts.fleet;
const EVERY_SECONDS = 20;

interface OverviewProps {
  site: SiteResource;
  onChange(): Promise<void>;
}

export const SiteOverview = ({ site, onChange }: OverviewProps) => (
  <>
    {site.health?.status === 'degraded' && (
      <Notice tone="warning">
        <strong>{words.reasons}</strong>
        <ul>
          {site.health.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </Notice>
    )}
    {site.overBudget !== null && (
      <Notice tone="warning">
        {words.overBudget}: {site.overBudget}
      </Notice>
    )}
    <div class="site-columns">
      <Connection site={site} />
      <Health site={site} />
    </div>
    <Cameras site={site.id} />
    <SiteDays site={site.id} />
    {may('admin') && <SiteAccount site={site} onChange={onChange} />}
  </>
);

type Fact = [name: string, value: string | undefined];

const Facts = ({ of }: { of: Fact[] }) => (
  <dl class="facts">
    {of.map(
      ([name, value]) =>
        value !== undefined && [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>],
    )}
  </dl>
);

const moment = (at: string | null | undefined): string | undefined =>
  at ? `${formatDateTime(at)} (${formatAgo(at)})` : undefined;

function Connection({ site }: { site: SiteResource }) {
  const { outbox, lastSyncAt } = site.health ?? {};
  const oldest = outbox?.oldestSeconds ?? undefined;
  return (
    <Section title={words.connection}>
      <Facts
        of={[
          [words.lastSummary, moment(site.lastReceivedAt)],
          [words.lastSync, moment(lastSyncAt)],
          [
            words.backlog,
            outbox &&
              (outbox.depth === 0
                ? words.noBacklog
                : words.backlogOf(
                    outbox.depth,
                    oldest === undefined ? undefined : formatDuration(oldest),
                  )),
          ],
          [
            words.received,
            words.receivedOf(formatNumber(site.summaries), formatNumber(site.detections)),
          ],
          [words.added, moment(site.createdAt)],
        ]}
      />
    </Section>
  );
}

function Health({ site: { health } }: { site: SiteResource }) {
  if (!health)
    return (
      <Section title={words.health}>
        <p class="muted">{texts.common.unknown}</p>
      </Section>
    );
  const { disk, temperatureCelsius } = health;
  return (
    <Section title={words.health}>
      <Facts
        of={[
          [words.version, health.version],
          [words.uptime, formatDuration(health.uptimeSeconds)],
          [
            words.disk,
            words.diskOf(
              formatBytes(disk.usedBytes),
              formatBytes(disk.budgetBytes),
              formatBytes(disk.freeBytes),
            ),
          ],
          [words.load, formatNumber(health.load1m)],
          [
            words.temperature,
            temperatureCelsius === undefined ? undefined : `${formatNumber(temperatureCelsius)} °C`,
          ],
          [words.rate, formatNumber(health.detectionsPerMinute)],
        ]}
      />
    </Section>
  );
}

const CAMERA_TONES: Record<SiteCameraResource['state'], Tone> = {
  starting: 'info',
  online: 'good',
  frozen: 'bad',
  stale: 'bad',
  offline: 'bad',
  paused: 'info',
};

const COLUMNS: Column<SiteCameraResource>[] = [
  { title: words.camera, cell: ({ id }) => id },
  {
    title: words.state,
    cell: ({ state }) => <Badge tone={CAMERA_TONES[state]}>{words.cameraStates[state]}</Badge>,
  },
  {
    title: words.lastPicture,
    cell: ({ lastSnapshotAt }) => (lastSnapshotAt === null ? '–' : formatAgo(lastSnapshotAt)),
  },
  { title: words.taken, isNumber: true, cell: ({ taken }) => formatNumber(taken) },
  { title: words.lastError, cell: ({ lastError }) => lastError ?? '–' },
];

function Cameras({ site }: { site: string }) {
  const cameras = useResource<SiteCamerasAnswer>(`/sites/${encodeURIComponent(site)}/cameras`, {
    everySeconds: EVERY_SECONDS,
  });
  return (
    <Section title={words.cameras}>
      {cameras.data ? (
        <Table
          caption={words.cameras}
          columns={COLUMNS}
          rows={cameras.data.cameras}
          keyOf={({ id }) => id}
          empty={words.noCameras}
        />
      ) : (
        <Loading of={cameras} />
      )}
    </Section>
  );
}
