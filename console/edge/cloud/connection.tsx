import type { SyncResource } from '../../../core/contract/site.js';
import { formatAgo, formatDateTime, formatDuration } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { Notice } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { texts } from '../../texts/texts.js';

const words = texts.cloud;

/** Whether the relay is there, since when not, and why. */
export function Connection({ sync }: { sync: SyncResource }) {
  return (
    <Section title={words.connection} actions={<State sync={sync} />}>
      <Details sync={sync} />
    </Section>
  );
}

function State({ sync: { configured, connected, lastError } }: { sync: SyncResource }) {
  if (!configured) return <Badge>{words.noRelay}</Badge>;
  if (!connected) return <Badge tone="bad">{words.lost}</Badge>;
  if (lastError !== null) return <Badge tone="warning">{words.troubled}</Badge>;
  return <Badge tone="good">{words.connected}</Badge>;
}

function Details({ sync }: { sync: SyncResource }) {
  const { configured, connected, since, lastError } = sync;
  if (!configured) return <p>{words.noRelayHelp}</p>;
  const when = since === null ? '' : `${formatDateTime(since)} (${formatAgo(since)})`;
  if (connected && lastError === null) return <p>{words.connectedSince(when)}</p>;
  return (
    <Notice tone="warning">
      <p>{connected ? words.connectedSince(when) : words.lostSince(when)}</p>
      {lastError !== null && <p>{words.why(lastError)}</p>}
      {!connected && <Room sync={sync} />}
    </Notice>
  );
}

/** How long the outbox lasts without a relay. */
function Room({ sync }: { sync: SyncResource }) {
  const seconds = roomSeconds(sync);
  if (seconds !== undefined && seconds <= 0) return <p>{words.evictedNow}</p>;
  return (
    <p>
      {words.nothingLost} {seconds !== undefined && roomInWords(seconds)}
    </p>
  );
}

const YEAR_SECONDS = 31_536_000;

/** A rate of today says little about more than a year. */
const roomInWords = (seconds: number): string =>
  seconds > YEAR_SECONDS ? words.roomForLong : words.roomFor(formatDuration(seconds));

/** From the mean size of what waits and what the last hours added; undefined if nothing waits. */
function roomSeconds({ bytes, maxBytes, depth, hours }: SyncResource): number | undefined {
  const added = hours.slice(0, 24).reduce((sum, hour) => sum + hour.added, 0);
  if (depth === 0 || added === 0) return undefined;
  const bytesPerHour = (bytes / depth) * (added / Math.min(24, hours.length));
  return ((maxBytes - bytes) / bytesPerHour) * 3_600;
}
