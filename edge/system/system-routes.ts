import {
  findingsSchema,
  type LogPage,
  type LogQuery,
  logPageSchema,
  logQuerySchema,
  restartSchema,
  type SystemResource,
  systemSchema,
} from '../../core/contract/system.js';
import type { Principal } from '../../core/http/access.js';
import { type Route, route } from '../../core/http/route.js';
import type { Findings } from './findings.js';

export interface SystemRouteParts {
  view: { get(): Promise<SystemResource> };
  findings: Pick<Findings, 'get'>;
  log: { page(query: LogQuery): Omit<LogPage, 'status'> };
  /** Returns in how many seconds the program should be there again. */
  restart(by: string): number;
}

const tag = 'operations';

/** The appliance as a program on a machine: how it is, what is wrong, what it logged, and its restart. */
export function systemRoutes({ view, findings, log, restart }: SystemRouteParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/system',
      tag,
      summary: 'Get the state of the program and of its machine',
      access: 'viewer',
      responses: { 200: systemSchema },
      handle: () => view.get(),
    }),
    route({
      method: 'get',
      path: '/system/findings',
      tag,
      summary: 'Check the appliance, and advise what to do',
      description:
        'The checks of `siteglass-edge doctor` by the running service. They take some seconds; callers within 10 s get the same findings. A camera that is online is not asked again.',
      access: 'admin',
      responses: { 200: findingsSchema },
      handle: () => findings.get(),
    }),
    route({
      method: 'get',
      path: '/system/log',
      tag,
      summary: 'Get the last lines of the log',
      description:
        'The last 2,000 lines since the start of the process, in memory. The journal of the machine has all of them: `journalctl -u siteglass-edge`.',
      access: 'admin',
      query: logQuerySchema,
      responses: { 200: logPageSchema },
      handle: ({ query }, ctx) => {
        ctx.set('Cache-Control', 'no-store');
        return { status: 'OK', ...log.page(query) };
      },
    }),
    route({
      method: 'post',
      path: '/system/restart',
      tag,
      summary: 'Restart the services of the appliance, with its configuration read again',
      description:
        'The process stays. Snapshots and uploads under way are completed first, or fail; nothing that was recorded is lost.',
      access: 'admin',
      audit: 'restarted',
      responses: { 202: restartSchema },
      handle: (_, ctx) => {
        ctx.status = 202;
        const { name } = ctx.state.principal as Principal;
        return { status: 'OK', readyInSeconds: restart(name) };
      },
    }),
  ];
}
