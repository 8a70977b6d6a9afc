import { useState } from 'preact/hooks';
import { ApiError } from './api.js';

export interface Action<A extends unknown[]> {
  busy: boolean;
  error: unknown;
  /** Resolves with whether it succeeded; never rejects. */
  run(...args: A): Promise<boolean>;
  /** Forgets the error. */
  clear(): void;
}

/** Something that a person starts: whether it goes on, and why it failed. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (...args: A) => {
    setBusy(true);
    setError(undefined);
    try {
      await work(...args);
      return true;
    } catch (fault) {
      setError(fault);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, clear: () => setError(undefined) };
}

/** What the program says about a field of what was sent. */
export const fieldErrorOf = (error: unknown, path: string): string | undefined =>
  error instanceof ApiError ? error.fieldError(path) : undefined;
