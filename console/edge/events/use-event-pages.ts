import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Sighting, SightingPage } from '../../../core/contract/sighting.js';
import { api, type Query } from '../../shared/api.js';

const PAGE = 250;

export interface EventPages {
  events: readonly Sighting[];
  isLoading: boolean;
  /** Whether there are more than those. */
  isMore: boolean;
  error: unknown;
  loadMore(): void;
  /** Begins again with the newest. */
  reload(): void;
  /** Shows a changed event in place of what was loaded. */
  replace(event: Sighting): void;
}

interface State {
  events: Sighting[];
  next: string | null | undefined;
  error?: unknown;
}

const NONE: State = { events: [], next: undefined };

/** The events that fit a query, newest first, page by page. */
export function useEventPages(query: Query): EventPages {
  const key = JSON.stringify(query);
  const [state, setState] = useState(NONE);
  const [isLoading, setLoading] = useState(true);
  const asked = useRef<AbortController | undefined>(undefined);

  const load = useCallback(
    async (after: string | undefined, before: Sighting[]) => {
      asked.current?.abort();
      const own = new AbortController();
      asked.current = own;
      setLoading(true);
      try {
        const page = await api.get<SightingPage>('/sightings', {
          query: { ...query, limit: PAGE, after },
          signal: own.signal,
        });
        if (own.signal.aborted) return;
        setState({ events: [...before, ...page.sightings], next: page.next });
      } catch (error) {
        if (own.signal.aborted) return;
        setState({ events: before, next: after, error });
      }
      setLoading(false);
    },
    [key],
  );

  useEffect(() => {
    setState(NONE);
    void load(undefined, []);
    return () => asked.current?.abort();
  }, [load]);

  return {
    events: state.events,
    isLoading,
    isMore: state.next !== null,
    error: state.error,
    loadMore: () => {
      if (!isLoading && state.next) void load(state.next, state.events);
    },
    reload: () => void load(undefined, []),
    replace: (event) =>
      setState((before) => ({
        ...before,
        events: before.events.map((one) => (one.id === event.id ? event : one)),
      })),
  };
}
