import test from 'ava';
import { percentiles } from '../../../bench/support/report.js';

test('percentiles are measured samples, by nearest rank', (t) => {
  const samples = Array.from({ length: 200 }, (_, i) => 200 - i);
  t.deepEqual(percentiles(samples), { p50: 100, p95: 190, p99: 198, max: 200 });
  t.deepEqual(percentiles([7]), { p50: 7, p95: 7, p99: 7, max: 7 });
  t.throws(() => percentiles([]), { message: /no samples/ });
});
