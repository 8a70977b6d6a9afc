import { z } from 'zod';
import type { Access } from './access.js';
import type { Metrics } from './metrics.js';
import type { ReadinessMonitor } from './readiness.js';
import { type Route, route } from './route.js';

const healthSchema = z.object({ status: z.literal('OK') });
const readinessSchema = z.object({
  status: z.enum(['OK', 'UNAVAILABLE']),
  reasons: z.array(z.string()),
});

/** Routes for supervisors and Prometheus. */
export function operationRoutes(
  monitor: ReadinessMonitor,
  metrics: Metrics,
  metricsAccess: Access,
): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      tag: 'operations',
      summary: 'Liveness: the process runs',
      access: 'anonymous',
      responses: { 200: healthSchema },
      handle: () => ({ status: 'OK' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      tag: 'operations',
      summary: 'Readiness: the process can accept work',
      access: 'anonymous',
      responses: { 200: readinessSchema, 503: readinessSchema },
      handle: async (_, ctx) => {
        const { ready, reasons } = await monitor.readiness();
        ctx.status = ready ? 200 : 503;
        return { status: ready ? 'OK' : 'UNAVAILABLE', reasons };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      // A balancer hides this path: no other one leads here.
      exact: true,
      tag: 'operations',
      summary: 'Metrics for Prometheus',
      access: metricsAccess,
      responses: { 200: { mediaTypes: ['text/plain'], description: 'Text exposition format' } },
      handle: async (_, ctx) => {
        ctx.type = metrics.registry.contentType;
        ctx.body = await metrics.registry.metrics();
      },
    }),
  ];
}
