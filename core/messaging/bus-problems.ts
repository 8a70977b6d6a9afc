import type { Withheld } from './cut-offs.js';
import type { LargestPacket } from './packet-limit.js';

export interface BusProblems {
  largest: LargestPacket | undefined;
  withheld: Withheld[];
  /** Filters that the broker refuses to subscribe to. */
  refused: string[];
  /** Topics of this program on which another client publishes. */
  contested: string[];
}

/** Entries of a list that are named; the others are counted. */
const MAX_NAMED = 3;

/** What works only in part at a connected broker, a sentence each, for an operator. */
export function problemsOf({ largest, withheld, refused, contested }: BusProblems): string[] {
  const of = (because: Withheld['because']) =>
    withheld.filter((message) => message.because === because);
  const barred = of('barred').map(({ topic }) => topic);
  return [
    ...sizeProblem(largest, of('too_large'), of('shortened')),
    ...(barred.length > 0
      ? [`the broker ends the connection after messages on ${named(barred)}; not sent`]
      : []),
    ...(refused.length > 0 ? [`the broker refuses subscriptions to ${named(refused)}`] : []),
    ...(contested.length > 0 ? [`another client publishes on ${named(contested)}`] : []),
  ];
}

function sizeProblem(
  largest: LargestPacket | undefined,
  missing: Withheld[],
  shortened: Withheld[],
): string[] {
  if (!largest || missing.length + shortened.length === 0) return [];
  const source = largest.isAnnounced ? '' : ' (an estimate: larger ones did not go through)';
  const parts = [
    `the broker accepts packets of at most ${largest.bytes} bytes${source}`,
    ...(missing.length > 0 ? [`not sent: ${named(missing.map(withSize))}`] : []),
    ...(shortened.length > 0 ? [`shortened: ${named(shortened.map(withSize))}`] : []),
  ];
  return [parts.join('; ')];
}

const withSize = ({ topic, bytes }: Withheld): string => `${topic} (${bytes} bytes)`;

function named(entries: string[]): string {
  const more = entries.length - MAX_NAMED;
  return more > 0
    ? `${entries.slice(0, MAX_NAMED).join(', ')} and ${more} more`
    : entries.join(', ');
}
