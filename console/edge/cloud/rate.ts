import { useRef } from 'preact/hooks';

const WINDOW_MS = 60_000;
const MIN_MS = 4_000;

interface Sample {
  at: number;
  count: number;
}

/** How fast a count that is asked again and again rises, a minute; undefined until two samples are far enough apart. */
export function useRate(count: number | undefined): number | undefined {
  const samples = useRef<Sample[]>([]);
  if (count === undefined) return undefined;
  const now = Date.now();
  const last = samples.current.at(-1);
  // Another epoch begins with 0 again.
  if (last && count < last.count) samples.current = [];
  if (!last || count !== last.count || now - last.at > MIN_MS)
    samples.current.push({ at: now, count });
  samples.current = samples.current.filter(({ at }) => now - at <= WINDOW_MS);
  const first = samples.current[0];
  const newest = samples.current.at(-1);
  if (!first || !newest || newest.at - first.at < MIN_MS) return undefined;
  return ((newest.count - first.count) / (newest.at - first.at)) * 60_000;
}
