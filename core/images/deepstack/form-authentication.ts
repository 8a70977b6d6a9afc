import type { Context } from 'koa';
import { deepstackKeysSchema } from '../../contract/deepstack.js';
import type { Principal } from '../../http/access.js';
import {
  type Authenticator,
  admit,
  authenticate,
  type TokenAuthentication,
} from '../../http/authentication.js';
import { ProblemError } from '../../runtime/errors.js';
import type { FormReceiver } from './form-receiver.js';

const TOKEN = /^\S{1,512}$/;

/**
 * Accepts a token as header, or as the field `api_key` or `admin_key` of the form, which may come after the image. The
 * form of a caller without a header is read first, within a budget of its own.
 */
export const authenticateByForm =
  (forms: FormReceiver): Authenticator =>
  (access, authentication) => {
    const byHeader = authenticate(access, authentication);
    return async (ctx, next) => {
      const isOpen = access === 'anonymous' || authentication.mode === 'none';
      if (isOpen || /^Bearer\b/i.test(ctx.get('Authorization'))) return byHeader(ctx, next);
      const principal =
        (await authentication.identify?.(ctx)) ??
        (await forms.identify(ctx, async (fields) => {
          const owner = await ownerOf(fields, authentication);
          if (owner) return owner;
          if (keysIn(fields).length > 0) authentication.refused?.(ctx, 'token');
          throw unauthorized(ctx, fields);
        }));
      return admit(ctx, principal, access, authentication, next);
    };
  };

async function ownerOf(
  fields: Record<string, string>,
  { verify }: TokenAuthentication,
): Promise<Principal | undefined> {
  for (const token of keysIn(fields)) {
    const principal = TOKEN.test(token) && (await verify(token));
    if (principal) return principal;
  }
  return undefined;
}

const keysIn = (fields: Record<string, string>): string[] =>
  Object.keys(deepstackKeysSchema.shape).flatMap((name) => fields[name] ?? []);

function unauthorized(ctx: Context, fields: Record<string, string>): ProblemError {
  ctx.set('WWW-Authenticate', 'Bearer');
  return new ProblemError(
    'unauthorized',
    keysIn(fields).length > 0
      ? 'Incorrect api key: the token is unknown.'
      : 'Send a token in the form field "api_key", or in the header "Authorization: Bearer TOKEN".',
  );
}
