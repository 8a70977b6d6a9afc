import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Sighting, SightingPage } from '../../../core/contract/sighting.js';
import { api, type Query } from '../../shared/api.js';

/** The first page is shown soon, also on a slow line. */
const FIRST_PAGE = 50;
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

/** In one, so that each step of a page is drawn once. */
type State = Pick<EventPages, 'events' | 'isLoading' | 'error'> & {
  next: string | null | undefined;
};

const NONE: State = { events: [], isLoading: true, next: undefined, error: undefined };

/** The events that fit a query, newest first, page by page. */
export function useEventPages(query: Query): EventPages {
  const key = JSON.stringify(query);
  const [state, setState] = useState(NONE);
  const asked = useRef<AbortController | undefined>(undefined);

  const load = useCallback(
    async (after?: string) => {
      asked.current?.abort();
      const own = new AbortController();
      asked.current = own;
      setState((now) => ({ ...now, isLoading: true }));
      try {
        const { sightings, next } = await api.get<SightingPage>('/sightings', {
          query: { ...query, limit: after === undefined ? FIRST_PAGE : PAGE, after },
          signal: own.signal,
        });
        if (own.signal.aborted) return;
        setState(({ events }) => ({
          events: after === undefined ? sightings : [...events, ...sightings],
          isLoading: false,
          next,
          error: undefined,
        }));
      } catch (error) {
        if (own.signal.aborted) return;
        setState(({ events }) => ({
          events: after === undefined ? [] : events,
          isLoading: false,
          next: after,
          error,
        }));
      }
    },
    [key],
  );

  useEffect(() => {
    setState(NONE);
    void load();
    return () => asked.current?.abort();
  }, [load]);

  const latest = useRef(state);
  latest.current = state;
  const loadMore = useCallback(() => {
    const { isLoading, next } = latest.current;
    if (!isLoading && next) void load(next);
  }, [load]);
  const reload = useCallback(() => void load(), [load]);
  const replace = useCallback(
    (event: Sighting) =>
      setState((before) => ({
        ...before,
        events: before.events.map((one) => (one.id === event.id ? event : one)),
      })),
    [],
  );
  const { events, isLoading, next, error } = state;
  return { events, isLoading, isMore: next !== null, error, loadMore, reload, replace };
}
