import type { DailyTotalResource } from '../../../core/contract/site.js';
import { api } from '../../shared/api.js';

const DAY_MS = 86_400_000;
/** Pages of the answer that are read at most: 50,000 rows. */
const MOST_PAGES = 5;

interface Page {
  days: DailyTotalResource[];
  next: string | null;
}

/** Detections by day and label, of whole days in UTC. */
export interface DailyTotals {
  /** Each day of the range, oldest first. */
  days: string[];
  /** The most frequent ones first. */
  labels: { label: string; total: number; byDay: number[] }[];
  totals: number[];
}

const dayName = (at: number): string => new Date(at).toISOString().slice(0, 10);

export async function readDailyTotals(
  site: string,
  count: number,
  signal: AbortSignal,
): Promise<DailyTotals> {
  const today = Date.now() - (Date.now() % DAY_MS);
  const first = today - (count - 1) * DAY_MS;
  const rows: DailyTotalResource[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES && (page === 0 || after !== null); page += 1) {
    const query = { from: new Date(first).toISOString(), after };
    const answer: Page = await api.get(`/sites/${encodeURIComponent(site)}/totals`, {
      query,
      signal,
    });
    rows.push(...answer.days);
    after = answer.next;
  }
  const days = Array.from({ length: count }, (_, i) => dayName(first + i * DAY_MS));
  const index = new Map(days.map((day, i) => [day, i]));
  const byLabel = new Map<string, number[]>();
  for (const { day, label, detections } of rows) {
    const i = index.get(day);
    if (i === undefined) continue;
    const own = byLabel.get(label) ?? days.map(() => 0);
    own[i] = (own[i] ?? 0) + detections;
    byLabel.set(label, own);
  }
  const labels = [...byLabel]
    .map(([label, byDay]) => ({ label, byDay, total: byDay.reduce((sum, n) => sum + n, 0) }))
    .sort((a, b) => b.total - a.total);
  const totals = days.map((_, i) => labels.reduce((sum, { byDay }) => sum + (byDay[i] ?? 0), 0));
  return { days, labels, totals };
}
