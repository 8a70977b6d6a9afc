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
  const tooLarge = withheld.filter(({ because }) => because === 'too_large');
  const barred = withheld.filter(({ because }) => because === 'barred');
  return [
    ...(tooLarge.length > 0 && largest
      ? [
          `the broker accepts packets of at most ${largest.bytes} bytes${largest.isAnnounced ? '' : ' (an estimate: it ended the connection after larger ones)'}; not sent: ${named(tooLarge.map(({ topic, bytes }) => `${topic} (${bytes} bytes)`))}`,
        ]
      : []),
    ...(barred.length > 0
      ? [
          `the broker ends the connection after messages on ${named(barred.map(({ topic }) => topic))}; not sent`,
        ]
      : []),
    ...(refused.length > 0 ? [`the broker refuses subscriptions to ${named(refused)}`] : []),
    ...(contested.length > 0 ? [`another client publishes on ${named(contested)}`] : []),
  ];
}

function named(entries: string[]): string {
  const more = entries.length - MAX_NAMED;
  return more > 0
    ? `${entries.slice(0, MAX_NAMED).join(', ')} and ${more} more`
    : entries.join(', ');
}
