const DAY_MS = 86_400_000;
/** The longest age that any retention can be set to. */
const LONGEST_AGE_DAYS = 3_650;

/**
 * When the image in a file was taken. The file's own time counts unless it is more than a day ahead, or so long ago
 * that the image would be removed at once by its age: cameras without a clock date their files 1970, 2000 or 2099.
 * Then it counts as taken when it arrived.
 */
export function takenAtOf(
  { modifiedMs, changedMs }: { modifiedMs: number; changedMs: number },
  now: number,
  maxAgeDays = LONGEST_AGE_DAYS,
): number {
  const ageMs = maxAgeDays * DAY_MS;
  const oldest = now - ageMs + Math.min(DAY_MS, ageMs / 2);
  const plausible = (ms: number) => ms >= oldest && ms <= now + DAY_MS;
  return Math.round([modifiedMs, changedMs].find(plausible) ?? now);
}
