import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { isSecure } from './session-cookie.js';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Throws `forbidden` for a request that changes something and that another site's page may have made a browser send
 * (CSRF). Browsers say where it comes from, in `Sec-Fetch-Site` or at least in `Origin`.
 */
export function requireSameOrigin(ctx: Context): void {
  if (SAFE.includes(ctx.method) || originOf(ctx) === 'own') return;
  throw new ProblemError(
    'forbidden',
    'A change with the cookie of a login is accepted only from a page of the same host. Programs use a token.',
  );
}

/** The same for a login, which programs may use, too: they say nothing. */
export function refuseOtherOrigin(ctx: Context): void {
  if (originOf(ctx) === 'other')
    throw new ProblemError(
      'forbidden',
      'A login is accepted only from a page of the same host, or from a program.',
    );
}

function originOf(ctx: Context): 'own' | 'other' | 'unsaid' {
  const site = ctx.get('Sec-Fetch-Site');
  if (site !== '') return site === 'same-origin' ? 'own' : 'other';
  const origin = ctx.get('Origin');
  if (origin === '') return 'unsaid';
  // Anyone on the way can make a page of plain HTTP. A proxy may speak to browsers with TLS, and without it to this process.
  if (isSecure(ctx) && !/^https:/i.test(origin)) return 'other';
  return isOwn(origin, ctx.host) ? 'own' : 'other';
}

function isOwn(origin: string, host: string): boolean {
  try {
    return host !== '' && new URL(origin).host === new URL(`http://${host}`).host;
  } catch {
    return false;
  }
}
