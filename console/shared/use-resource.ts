import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { api, type CallOptions } from './api.js';
import { logIns } from './session.js';

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  /** True for the first request, and for each after a change of the address. */
  isLoading: boolean;
  /** Asks again, and keeps what is shown until the answer is there. */
  reload(): Promise<void>;
}

export interface ResourceOptions<T> extends Pick<CallOptions, 'query'> {
  /** Asks again after this time while the page is visible, and when it becomes visible; never if absent. */
  everySeconds?: number;
  /** What is asked; by default for one answer. It stays the same. */
  read?: (path: string, options: CallOptions) => Promise<T>;
}

/** What a GET of `path` returns; nothing is asked while `path` is undefined. An answer to an earlier address is dropped. */
export function useResource<T>(
  path: string | undefined,
  options: ResourceOptions<T> = {},
): Resource<T> {
  const { query, everySeconds, read = api.get<T> } = options;
  const key = path === undefined ? undefined : JSON.stringify([path, query]);
  const [state, setState] = useState<{ key?: string | undefined; data?: T; error?: unknown }>({});
  const asked = useRef<AbortController | null>(null);
  const isAsking = useRef(false);

  const reload = useCallback(async () => {
    asked.current?.abort();
    if (path === undefined) return;
    const own = new AbortController();
    asked.current = own;
    isAsking.current = true;
    try {
      const data = await read(path, { ...(query && { query }), signal: own.signal });
      if (!own.signal.aborted) setState({ key, data });
    } catch (error) {
      if (!own.signal.aborted)
        setState((before) => ({
          key,
          error,
          ...(before.key === key && before.data !== undefined && { data: before.data }),
        }));
    } finally {
      if (asked.current === own) isAsking.current = false;
    }
  }, [key]);

  useEffect(() => {
    void reload();
    return () => asked.current?.abort();
  }, [reload, logIns.value]);

  useEffect(() => {
    if (everySeconds === undefined) return;
    // A program that takes longer than that to answer is not asked again meanwhile.
    const ask = () => {
      if (!document.hidden && !isAsking.current) void reload();
    };
    const timer = setInterval(ask, everySeconds * 1_000);
    document.addEventListener('visibilitychange', ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [reload, everySeconds]);

  const isOwn = state.key === key;
  return {
    data: isOwn ? state.data : undefined,
    error: isOwn ? state.error : undefined,
    isLoading: !isOwn && path !== undefined,
    reload,
  };
}
