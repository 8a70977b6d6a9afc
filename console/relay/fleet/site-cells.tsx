import type { FleetSite } from '../../../core/contract/fleet.js';
import { formatAgo, formatDuration, formatNumber } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';

const words = texts.fleet;

type Cell = { site: FleetSite };

export const SiteLink = ({ site: { id } }: Cell) => (
  <a class="site-link" href={`/fleet/${id}`}>
    {id}
  </a>
);

export function Backlog({ site: { health } }: Cell) {
  if (!health) return <>{texts.common.unknown}</>;
  const { depth, oldestSeconds } = health.outbox;
  if (depth === 0) return <>{words.noBacklog}</>;
  const oldest = oldestSeconds === null ? undefined : formatDuration(oldestSeconds);
  return <>{words.backlogOf(depth, oldest)}</>;
}

export function Cameras({ site: { health, camerasDown } }: Cell) {
  if (!health) return <>{texts.common.unknown}</>;
  const { online, total } = health.cameras;
  return (
    <>
      {words.camerasOf(formatNumber(online), formatNumber(total))}
      {camerasDown.length > 0 && <div class="problem">{words.down(camerasDown.join(', '))}</div>}
    </>
  );
}

const KINDS = ['missing', 'lost', 'dropped', 'refused'] as const;

export function Gaps({ site: { id, gaps } }: Cell) {
  const shown = KINDS.filter((kind) => gaps[kind] > 0);
  if (shown.length === 0) return <>{words.noGaps}</>;
  return (
    <a href={`/fleet/${id}/gaps`}>
      {shown.map((kind) => words.gapWords[kind](formatNumber(gaps[kind]))).join(', ')}
    </a>
  );
}

export const LastSummary = ({ site: { lastReceivedAt } }: Cell) => (
  <>{lastReceivedAt === null ? '–' : formatAgo(lastReceivedAt)}</>
);

const BAR = { width: 9, gap: 2, height: 26 };

/** Detections of the last days as bars; the numbers stand in its name. */
export function Days({ site: { days } }: Cell) {
  const most = Math.max(1, ...days.map(({ detections }) => detections));
  const step = BAR.width + BAR.gap;
  const said = days.map(({ day, detections }) => `${day}: ${formatNumber(detections)}`).join(', ');
  return (
    <svg
      class="days"
      role="img"
      aria-label={words.daysOf(said)}
      width={days.length * step}
      height={BAR.height}
    >
      <title>{said}</title>
      {days.map(({ day, detections }, i) => {
        const height = detections === 0 ? 1 : Math.max(2, (detections / most) * BAR.height);
        return (
          <rect key={day} x={i * step} y={BAR.height - height} width={BAR.width} height={height} />
        );
      })}
    </svg>
  );
}
