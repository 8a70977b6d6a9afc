import { formatAgo } from '../../shared/format.js';
import { useNow } from '../../shared/use-now.js';
import { live } from '../live-state.js';

/** Milliseconds since an instant by the clock of the appliance. */
function useAge(at: string): number {
  return Math.max(0, useNow() + live.clockDifference.value - Date.parse(at));
}

/** How long ago that was, which counts up. */
export function Ago({ at, text }: { at: string; text: (ago: string) => string }) {
  return <>{text(formatAgo(0, useAge(at)))}</>;
}

/** For how long that has been so, in seconds, which counts up. */
export function For({ since, text }: { since: string; text: (seconds: number) => string }) {
  return <>{text(Math.floor(useAge(since) / 1_000))}</>;
}
