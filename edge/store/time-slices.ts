/** Times of one statement, from `from` on and before `to`. */
export interface TimeSlice {
  from: number;
  to: number;
}

const DAY_MS = 86_400_000;
const FIRST_MS = DAY_MS;
const LONGEST_MS = 128 * DAY_MS;
const SHORTEST_MS = DAY_MS / 24;
/** A statement that takes longer holds up everything else; a shorter one costs more than it reads. */
const SLOW_MS = 20;
const QUICK_MS = 5;

/**
 * Reads a long time in slices, in their order, until `read` resolves with true. SQLite's statements run
 * synchronously: a slice becomes shorter when reading one took long.
 */
export async function inSlices(
  { from, to }: TimeSlice,
  oldestFirst: boolean,
  read: (slice: TimeSlice) => Promise<boolean>,
  now: () => number = () => performance.now(),
): Promise<void> {
  let length = FIRST_MS;
  for (let at = oldestFirst ? from : to; oldestFirst ? at < to : at > from; ) {
    const slice = oldestFirst
      ? { from: at, to: Math.min(to, at + length) }
      : { from: Math.max(from, at - length), to: at };
    const startedAt = now();
    if (await read(slice)) return;
    const took = now() - startedAt;
    if (took > SLOW_MS) length = Math.max(SHORTEST_MS, length / 2);
    else if (took < QUICK_MS) length = Math.min(LONGEST_MS, length * 2);
    at = oldestFirst ? slice.to : slice.from;
  }
}
