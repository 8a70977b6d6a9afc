import { useEffect, useRef, useState } from 'preact/hooks';
import type { TrialAnswer } from '../../../../core/contract/camera-management.js';
import { ApiError, api } from '../../../shared/api.js';
import { cameraResource } from '../camera-path.js';
import type { Draft } from '../editor/draft.js';
import { joined, type TrialSum } from './compare.js';

const TRIED = [
  'detectors',
  'parameters',
  'labels',
  'minConfidence',
  'zones',
  'orientation',
] as const;
/** So many snapshots are tried with one request: what is done is shown, and another trial need not wait long. */
const PART = 10;
/** The program makes one trial at a time, so that cameras go on. */
const BUSY_MS = 1_000;
const BUSY_TRIES = 20;

/** What a trial needs of a draft: null stands for a default. */
export const triedSettings = (draft: Draft): Record<string, unknown> =>
  Object.fromEntries(TRIED.map((key) => [key, draft[key] ?? null]));

export interface Trial {
  result: TrialSum | undefined;
  error: unknown;
  isRunning: boolean;
  run(draft: Draft, snapshots: number): void;
  stop(): void;
}

/** Tries settings on stored snapshots, in parts until all are searched. A new trial ends the one before. */
export function useTrial(camera: string): Trial {
  const [result, setResult] = useState<TrialSum>();
  const [error, setError] = useState<unknown>();
  const [isRunning, setRunning] = useState(false);
  const under = useRef<AbortController | undefined>(undefined);
  const stop = () => {
    under.current?.abort();
    setRunning(false);
  };
  useEffect(() => () => under.current?.abort(), []);
  const work = async (draft: Draft, snapshots: number, signal: AbortSignal) => {
    let sum: TrialSum | undefined;
    let before: string | null = null;
    const settings = triedSettings(draft);
    do {
      const left: number = snapshots - (sum?.snapshots.length ?? 0);
      const body = {
        settings,
        snapshots: Math.min(PART, left),
        ...(before !== null && { before }),
      };
      const part: TrialAnswer = await inTurn(signal, () =>
        patiently(() => api.post(`${cameraResource(camera)}/trial`, body), signal),
      );
      signal.throwIfAborted();
      sum = joined(sum, part);
      setResult(sum);
      // A part without a snapshot would be asked for without end.
      before = part.snapshots.length === 0 ? null : part.next;
    } while (before !== null && sum.snapshots.length < snapshots);
  };
  return {
    result,
    error,
    isRunning,
    stop,
    run: (draft, snapshots) => {
      under.current?.abort();
      const own = new AbortController();
      under.current = own;
      setError(undefined);
      setRunning(true);
      work(draft, snapshots, own.signal)
        .catch((fault: unknown) => own.signal.aborted || setError(fault))
        .finally(() => own.signal.aborted || setRunning(false));
    },
  };
}

let last: Promise<unknown> = Promise.resolve();

/** One trial of this page after the other. One that nobody waits for any more is left out. */
function inTurn<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  const own = last.then(() => {
    signal.throwIfAborted();
    return ask();
  });
  last = own.catch(() => undefined);
  return own;
}

/** Asks again while another trial is under way, of another page. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof ApiError && [409, 429].includes(error.status);
      if (!isBusy || signal.aborted || tries === BUSY_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    }
}
