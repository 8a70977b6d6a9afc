import { useCallback, useEffect, useState } from 'preact/hooks';
import type { FleetPage, FleetSite } from '../../../core/contract/fleet.js';
import { api } from '../../shared/api.js';

export interface FleetState {
  sites: FleetSite[] | undefined;
  /** More sites exist than are shown. */
  isLimited: boolean;
  error: unknown;
  /** Since when the relay does not answer. */
  lostSince: number | undefined;
  reload(): Promise<void>;
}

export const MOST_SITES = 1_000;
const EVERY_MS = 20_000;
/** After a failure. */
const RETRY_MS = 3_000;

async function readAll(signal: AbortSignal): Promise<{ sites: FleetSite[]; isLimited: boolean }> {
  const sites: FleetSite[] = [];
  let after: string | null = null;
  do {
    const page: FleetPage = await api.get('/fleet', { query: { after }, signal });
    sites.push(...page.sites);
    after = page.next;
  } while (after !== null && sites.length < MOST_SITES);
  return { sites, isLimited: after !== null };
}

/** The sites, asked for again while the page is visible. */
export function useFleet(): FleetState {
  const [state, setState] = useState<Omit<FleetState, 'reload'>>({
    sites: undefined,
    isLimited: false,
    error: undefined,
    lostSince: undefined,
  });
  const load = useCallback(async (signal: AbortSignal) => {
    try {
      setState({ ...(await readAll(signal)), error: undefined, lostSince: undefined });
      return true;
    } catch (error) {
      if (!signal.aborted)
        setState((before) => ({ ...before, error, lostSince: before.lostSince ?? Date.now() }));
      return false;
    }
  }, []);
  useEffect(() => {
    const ended = new AbortController();
    let timer: number | undefined;
    const again = async () => {
      const isDone = document.hidden || (await load(ended.signal));
      if (!ended.signal.aborted)
        timer = window.setTimeout(() => void again(), isDone ? EVERY_MS : RETRY_MS);
    };
    void again();
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [load]);
  const reload = async () => {
    await load(new AbortController().signal);
  };
  return { ...state, reload };
}
