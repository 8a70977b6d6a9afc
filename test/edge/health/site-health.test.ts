import test from 'ava';
import { healthSchema } from '../../../core/contract/live-payloads.js';
import { SiteHealth } from '../../../edge/health/site-health.js';

test('an appliance without any registered part is healthy, and its report is complete', async (t) => {
  const report = await new SiteHealth('1.2.3').report();
  t.deepEqual([report.status, report.version, report.reasons], ['ok', '1.2.3', []]);
  t.true(healthSchema.safeParse(report).success);
});

test('any reason of any part makes the appliance degraded; fields and reasons come from their parts', async (t) => {
  const health = new SiteHealth('1.2.3');
  health.register(() => ({
    cameras: { online: 1, total: 2 },
    reasons: ['1 of 2 cameras are offline'],
  }));
  health.register(async () => ({ detectionsPerMinute: 12, reasons: [] }));
  health.register(async () => ({ reasons: ['the disk is full'] }));
  const report = await health.report();
  t.is(report.status, 'degraded');
  t.deepEqual(report.reasons, ['1 of 2 cameras are offline', 'the disk is full']);
  t.deepEqual(report.cameras, { online: 1, total: 2 });
  t.is(report.detectionsPerMinute, 12);
  t.false('reasons' in report.cameras);
});
