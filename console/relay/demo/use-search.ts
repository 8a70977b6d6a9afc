import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { DemoLimits } from '../../../core/contract/demo.js';
import type { ImageResult } from '../../../core/contract/image.js';
import { api } from '../../shared/api.js';
import { formatBytes } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { type Picture, preparePicture, SMALL_SIDE, scaled } from './prepare-picture.js';
import { fieldsOf, type SearchOptions } from './search-options.js';

export type Analysed = Extract<ImageResult, { status: 'OK' }>;

export interface Search {
  picture: Picture | undefined;
  result: Analysed | undefined;
  error: unknown;
  busy: 'preparing' | 'searching' | undefined;
  /** The ids of what was sent from this page and is not deleted. */
  sent: string[];
  take(blob: Blob, name: string, source?: string): Promise<void>;
  again(): void;
  trySmaller(): Promise<void>;
  deleteAll(): Promise<void>;
}

/** Changes of the options within this time are one search. */
const SETTLE_MS = 600;

async function upload(
  picture: Picture,
  options: SearchOptions,
  signal: AbortSignal,
): Promise<Analysed> {
  const form = new FormData();
  for (const [name, value] of fieldsOf(options)) form.append(name, value);
  form.append('image', picture.blob, picture.name);
  return api.post<Analysed>('/objectdetection/image', form, { signal });
}

/** The picture that is searched, and what became of it. It is searched again when the options change. */
export function useSearch(options: SearchOptions, limits: DemoLimits | undefined): Search {
  const [picture, setPicture] = useState<Picture>();
  const [result, setResult] = useState<Analysed>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState<Search['busy']>();
  const [sent, setSent] = useState<string[]>([]);
  const under = useRef<AbortController | null>(null);
  const latest = useRef(options);
  latest.current = options;

  const search = useCallback(async (one: Picture) => {
    under.current?.abort();
    const own = new AbortController();
    under.current = own;
    setBusy('searching');
    setError(undefined);
    try {
      const found = await upload(one, latest.current, own.signal);
      setSent((ids) => [...ids, found.image.id]);
      if (!own.signal.aborted) setResult(found);
    } catch (fault) {
      if (own.signal.aborted) return;
      setError(fault);
      setResult(undefined);
    } finally {
      if (under.current === own) setBusy(undefined);
    }
  }, []);

  const show = (one: Picture | undefined) => {
    setPicture((before) => {
      if (before && before.url !== one?.url) URL.revokeObjectURL(before.url);
      return one;
    });
    setResult(undefined);
  };

  const take = async (blob: Blob, name: string, source?: string) => {
    under.current?.abort();
    setBusy('preparing');
    setError(undefined);
    const prepared = await preparePicture(blob, name, limits);
    show(prepared && { ...prepared, ...(source !== undefined && { source }) });
    if (prepared) return search(prepared);
    setBusy(undefined);
    setError(new Error(texts.demo.cannotScale(formatBytes(limits?.maxUploadBytes ?? 0))));
  };

  const trySmaller = async () => {
    if (!picture) return;
    setBusy('preparing');
    const copy = await scaled(picture, SMALL_SIDE);
    if (copy) {
      show(copy);
      await search(copy);
    } else setBusy(undefined);
  };

  const deleteAll = async () => {
    const left: string[] = [];
    for (const id of sent)
      await api.delete(`/objectdetection/image/${id}`).catch((fault: { status?: number }) => {
        // It may be gone already.
        if (fault.status !== 404) left.push(id);
      });
    setSent(left);
    if (left.length > 0) throw new Error(texts.demo.deleteFailed);
    show(undefined);
  };

  const key = JSON.stringify(fieldsOf(options));
  const searched = useRef(key);
  useEffect(() => {
    if (searched.current === key) return;
    searched.current = key;
    if (!picture || options.detectors.length === 0) return;
    const timer = setTimeout(() => void search(picture), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [key]);

  const again = () => {
    if (picture) void search(picture);
  };
  return { picture, result, error, busy, sent, take, again, trySmaller, deleteAll };
}
