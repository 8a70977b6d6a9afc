import type { Health } from '../../core/contract/live-payloads.js';

export const aHealthReport = (): Health => ({
  version: '0.1.0',
  status: 'ok',
  reasons: [],
  uptimeSeconds: 60,
  outbox: { depth: 0, oldestSeconds: null },
  cameras: { online: 1, total: 1 },
  detectionsPerMinute: 2,
  disk: { usedBytes: 1, budgetBytes: 2, freeBytes: 3 },
  load1m: 0.5,
});
