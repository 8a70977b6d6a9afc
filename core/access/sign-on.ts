import type { Context, Middleware } from 'koa';
import type { Role } from '../contract/access.js';
import { allows, type Principal } from '../http/access.js';
import { clientAddressOf, type IsProxy } from '../http/client-address.js';
import { addressList } from '../runtime/address-list.js';
import { ProblemError } from '../runtime/errors.js';
import type { SignOnSettings } from '../runtime/settings.js';
import type { AuditLog } from './audit.js';

const MAX_NAME = 128;
const MAX_GROUPS = 256;

/**
 * Single sign-on by a proxy that has authenticated the caller, and names the user and the groups in headers. Only listed
 * addresses are believed. A header that occurs twice is refused: one of them may be the client's own.
 */
export class SignOn {
  /** Whether an address is a listed proxy. */
  readonly isProxy: IsProxy;

  constructor(
    private readonly settings: SignOnSettings,
    private readonly audit: AuditLog,
  ) {
    this.isProxy = addressList(settings.proxies);
  }

  /** For requests by a listed proxy: the address and the protocol of its client. */
  readonly forwarded: Middleware = (ctx, next) => {
    if (this.#isFromProxy(ctx)) {
      ctx.request.ip = clientAddressOf(ctx.req, this.isProxy);
      ctx.state.isSecure = ctx.get('X-Forwarded-Proto').trim().toLowerCase() === 'https';
    }
    return next();
  };

  /** The user that a listed proxy names; undefined if it names none. Throws `forbidden` if it cannot be relied on. */
  identify(ctx: Context): Principal | undefined {
    const { userHeader, groupsHeader } = this.settings;
    if (ctx.get(userHeader) === '' && ctx.get(groupsHeader) === '') return undefined;
    if (!this.#isFromProxy(ctx)) {
      this.#refused(ctx, 'the address is no listed proxy; its headers were ignored');
      return undefined;
    }
    for (const name of [userHeader, groupsHeader])
      if (occurrences(ctx, name) > 1)
        throw this.#refused(ctx, `the header ${name} occurs more than once`);
    const name = textOf(ctx.get(userHeader));
    if (name === '') return undefined;
    if (!isName(name)) throw this.#refused(ctx, `the header ${userHeader} holds no single name`);
    const role = this.#roleOf(groupsOf(ctx.get(groupsHeader)));
    if (!role) throw this.#refused(ctx, 'no group of the user gives a role', name);
    return { name, role, kind: 'proxy' };
  }

  #isFromProxy(ctx: Context): boolean {
    return this.isProxy(ctx.req.socket.remoteAddress ?? '');
  }

  #roleOf(groups: string[]): Role | undefined {
    const { roles, defaultRole } = this.settings;
    const given = groups.flatMap((group) =>
      Object.hasOwn(roles, group) ? (roles[group] ?? []) : [],
    );
    return given.reduce<Role | undefined>(
      (best, role) => (best && allows({ role: best }, role) ? best : role),
      defaultRole,
    );
  }

  #refused(ctx: Context, why: string, name = '(unknown)'): ProblemError {
    const actor = { name, kind: 'proxy', address: ctx.ip } as const;
    this.audit.record({ action: 'proxy_refused', actor, detail: why });
    return new ProblemError('forbidden', `The sign-on by the proxy was refused: ${why}.`);
  }
}

function occurrences(ctx: Context, name: string): number {
  const wanted = name.toLowerCase();
  return ctx.req.rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === wanted)
    .length;
}

/** Node.js reads headers as Latin-1; proxies write UTF-8. */
const textOf = (header: string): string => Buffer.from(header, 'latin1').toString('utf8').trim();

/** A comma may join two headers. */
const isName = (name: string): boolean =>
  name.length <= MAX_NAME && !/[,;\p{Cc}\p{Cs}\uFFFD]/u.test(name);

const groupsOf = (header: string): string[] =>
  textOf(header)
    .split(',', MAX_GROUPS)
    .map((group) => group.trim());
