import type { Middleware } from 'koa';
import {
  type DeepstackStatus,
  type DeepstackUpdate,
  type DeepstackVersion,
  deepstackStatusSchema,
  deepstackUpdateSchema,
} from '../../contract/deepstack.js';
import { type Route, route } from '../../http/route.js';
import { programVersion } from '../../runtime/program-version.js';

/** The paths of the status in CodeProject.AI: the older one, and the one since 2.4. */
const BASES = ['/v1/status', '/v1/server/status'];

/** What clients ask to learn whether a server is there. Nothing in it needs a token. */
export function statusRoutes(beforeRead: Middleware[]): Route[] {
  const status = statusOf(programVersion());
  const common = {
    method: 'get' as const,
    tag: 'DeepStack',
    access: 'anonymous' as const,
    problems: ['rate_limited' as const],
    before: beforeRead,
  };
  return BASES.flatMap((base) => [
    ...['', '/ping', '/version'].map((path) =>
      route({
        ...common,
        path: `${base}${path}`,
        summary: 'Whether the server lives, and its version',
        responses: { 200: deepstackStatusSchema },
        handle: () => status,
      }),
    ),
    route({
      ...common,
      path: `${base}/updateavailable`,
      summary: 'Always that there is no update: the server does not look for one',
      responses: { 200: deepstackUpdateSchema },
      handle: () => withoutUpdate(status),
    }),
  ]);
}

function statusOf(text: string): DeepstackStatus {
  const [numbers = '', preRelease = null] = text.split('-', 2);
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  const version: DeepstackVersion = {
    major,
    minor,
    patch,
    preRelease,
    securityUpdate: false,
    build: 0,
    file: '',
    releaseNotes: '',
  };
  return { success: true, code: 200, message: text, version };
}

const withoutUpdate = ({ version, ...status }: DeepstackStatus): DeepstackUpdate => ({
  ...status,
  message: 'This server does not look for updates.',
  version,
  current: version,
  latest: version,
  updateAvailable: false,
});
