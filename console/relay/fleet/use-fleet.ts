import { useCallback, useEffect, useState } from 'preact/hooks';
import type { FleetPage, FleetSite } from '../../../core/contract/fleet.js';
import { api } from '../../shared/api.js';

export interface FleetState {
  sites: FleetSite[] | undefined;
  /** More sites exist than are shown. */
  isLimited: boolean;
  error: unknown;
  reload(): Promise<void>;
}

export const MOST_SITES = 1_000;
const EVERY_MS = 20_000;

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
  });
  const load = useCallback(async (signal: AbortSignal) => {
    try {
      setState({ ...(await readAll(signal)), error: undefined });
    } catch (error) {
      if (!signal.aborted) setState((before) => ({ ...before, error }));
    }
  }, []);
  useEffect(() => {
    const ended = new AbortController();
    void load(ended.signal);
    const timer = setInterval(() => {
      if (!document.hidden) void load(ended.signal);
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, [load]);
  return { ...state, reload: () => load(new AbortController().signal) };
}
