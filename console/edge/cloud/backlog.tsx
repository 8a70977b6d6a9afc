import type { SyncResource } from '../../../core/contract/site.js';
import {
  formatAgo,
  formatBytes,
  formatDateTime,
  formatDuration,
  formatNumber,
} from '../../shared/format.js';
import { Meter } from '../../shared/ui/meter.js';
import { Section } from '../../shared/ui/section.js';
import { texts } from '../../texts/texts.js';
import { useRate } from './rate.js';

const words = texts.cloud;

/** What waits for the relay, how fast it goes, and what will never arrive. */
export function Backlog({ sync }: { sync: SyncResource }) {
  const { depth, bytes, maxBytes } = sync;
  return (
    <div class="grid">
      <div class="card">
        <Section title={words.backlog}>
          <p class="figure">{depth === 0 ? words.nothingWaits : words.waiting(depth)}</p>
          <Facts sync={sync} />
          <Meter label={words.budget} share={bytes / maxBytes}>
            {words.used(formatBytes(bytes), formatBytes(maxBytes))}
          </Meter>
        </Section>
      </div>
      <div class="card">
        <Losses sync={sync} />
      </div>
    </div>
  );
}

function Facts({ sync }: { sync: SyncResource }) {
  const { depth, oldestSeconds, acknowledgedSeq, lastSeq, lastAcknowledgedAt, inFlight } = sync;
  const rate = useRate(acknowledgedSeq);
  return (
    <dl class="facts">
      {oldestSeconds !== null && depth > 0 && (
        <>
          <dt>{words.oldest}</dt>
          <dd>{formatDuration(oldestSeconds)}</dd>
        </>
      )}
      <dt>{words.rate}</dt>
      <dd>
        {rate === undefined ? words.measuring : words.perMinute(formatNumber(Math.round(rate)))}
      </dd>
      {depth > 0 && rate !== undefined && rate > 0 && (
        <>
          <dt>{words.remaining}</dt>
          <dd>{formatDuration((depth / rate) * 60)}</dd>
        </>
      )}
      <dt>{words.lastAcknowledged}</dt>
      <dd>
        {lastAcknowledgedAt === null ? (
          words.never
        ) : (
          <time dateTime={lastAcknowledgedAt} title={formatDateTime(lastAcknowledgedAt)}>
            {formatAgo(lastAcknowledgedAt)}
          </time>
        )}
      </dd>
      <dt>{words.sequence}</dt>
      <dd>{words.sequenceOf(formatNumber(acknowledgedSeq), formatNumber(lastSeq))}</dd>
      <dt>{words.inFlight}</dt>
      <dd>{formatNumber(inFlight)}</dd>
    </dl>
  );
}

function Losses({ sync: { evicted, refused, forgotten, kept } }: { sync: SyncResource }) {
  const counts: [string, number][] = [
    [words.evicted, evicted],
    [words.refused, refused],
    [words.forgotten, forgotten],
  ];
  return (
    <Section title={words.losses}>
      {evicted + refused + forgotten === 0 && <p>{words.noLosses}</p>}
      <dl class="facts">
        {counts
          .filter(([, count]) => count > 0)
          .map(([text, count]) => (
            <>
              <dt>{text}</dt>
              <dd>{formatNumber(count)}</dd>
            </>
          ))}
        <dt>{words.kept}</dt>
        <dd>{formatNumber(kept)}</dd>
      </dl>
      {kept > 0 && <p class="muted">{words.keptHelp}</p>}
    </Section>
  );
}
