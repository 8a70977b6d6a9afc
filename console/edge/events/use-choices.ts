import { useMemo, useState } from 'preact/hooks';
import { readersZone } from '../../shared/format.js';
import { live } from '../live-state.js';
import { addDays, instantOf, today } from './days.js';
import type { Choices } from './event-filter.js';
import { useTotals } from './use-totals.js';

const MONTH = 31;

interface Shown {
  cameras: readonly string[];
  labels: readonly string[];
}

/** What there is to choose from: the cameras of now and of the last month, and the labels that were seen. */
export function useChoices(shown: Shown): Choices {
  const [from] = useState(() => instantOf(addDays(today(), -MONTH)).toISOString());
  const { data } = useTotals({
    query: { per: 'day', timeZone: readersZone(), from },
  });
  const cameras = live.cameras.value;
  return useMemo(() => {
    const names = new Map(cameras?.map(({ id, name }) => [id, name ?? id]));
    const labels = new Set(shown.labels);
    for (const { camera, label } of data ?? []) {
      if (!names.has(camera)) names.set(camera, camera);
      labels.add(label);
    }
    for (const camera of shown.cameras) if (!names.has(camera)) names.set(camera, camera);
    return {
      cameras: [...names].map(([value, text]) => ({ value, text })),
      labels: [...labels].sort().map((label) => ({ value: label, text: label })),
    };
  }, [cameras, data, shown.cameras.join(), shown.labels.join()]);
}
