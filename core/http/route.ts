import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import type { AuditAction } from '../contract/access.js';
import type { FieldError, ProblemCode } from '../contract/problem.js';
import { ProblemError } from '../runtime/errors.js';
import type { Access } from './access.js';
import {
  type Authentication,
  type Authenticator,
  authenticate,
  type VerifySecret,
} from './authentication.js';
import { type ProblemWriter, writeProblem } from './problems.js';
import { readJson } from './read-json.js';
import { checkNoNul } from './refuse-nul.js';
import { type Scope, withinScope } from './scope.js';

/**
 * A response: a schema for JSON, media types with a description, or a description if it has no body. `events` are those of a
 * stream of server-sent events, by name, with the schema of their data.
 */
export type ResponseSpec =
  | z.ZodType
  | { mediaTypes: string[]; description: string; events?: Record<string, z.ZodType> }
  | { empty: string };

/** A multipart form with one file and further fields. */
export interface FormSpec {
  file: string;
  fields: z.ZodObject;
  /** The file may also be the body itself. */
  orRaw?: boolean;
  /** Also as an encoded form or JSON, with the file in base64. */
  orText?: boolean;
  /** What the file is; an image unless it says otherwise. */
  description?: string;
}

export interface RouteSpec {
  method: 'get' | 'post' | 'put' | 'delete';
  /** OpenAPI form: `/objectdetection/image/{id}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** For devices: a secret of their own lets a request pass, and basic authentication is accepted. */
  verifySecret?: VerifySecret;
  /** For callers that send their token in another way than in the header. */
  authenticate?: Authenticator;
  /** Only the path itself, in its case and without a slash at its end. */
  exact?: boolean;
  /** Run around the access check and all that follows. */
  around?: Middleware;
  /** How it serves callers who are limited to some cameras; without it they are refused. */
  scope?: Scope;
  /** What the audit log calls it; its subject is the path's parameters unless `ctx.state.auditSubject` says more. */
  audit?: AuditAction;
  params?: z.ZodObject;
  query?: z.ZodObject;
  form?: FormSpec;
  /** JSON; with a form, instead of it, and then the handler reads it. */
  body?: z.ZodType;
  /** The handler reads and validates the body itself, with `readJson`; `body` describes it. */
  ownBody?: boolean;
  headers?: Record<string, string>;
  responses: Record<number, ResponseSpec>;
  /** Problems of this route, besides those of every route. */
  problems?: ProblemCode[];
}

/** A described route that can be mounted. */
export interface Route extends RouteSpec {
  handlers: Middleware[];
}

type Out<S extends z.ZodType | undefined> = S extends z.ZodType ? z.infer<S> : undefined;

export interface Input<
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends z.ZodType | undefined,
> {
  params: Out<P>;
  query: Out<Q>;
  body: Out<B>;
}

/**
 * Describes a route once, for the router, for validation and for the OpenAPI document.
 * `handle` returns the JSON body, or undefined if it has set `ctx.body`.
 */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  spec: RouteSpec & {
    params?: P;
    query?: Q;
    body?: B;
    /** Run before the handler, for example a limit or a form parser. */
    before?: Middleware[];
    handle(input: Input<P, Q, B>, ctx: Context): unknown;
  },
): Route {
  const { before = [], handle, ...described } = spec;
  const queryOf = spec.query && queryReader(spec.query);
  const bodySchema = spec.form || spec.ownBody ? undefined : spec.body;
  const last: Middleware = async (ctx) => {
    const input = {
      params: spec.params ? parse(spec.params, ctx.params, 'path') : undefined,
      query: queryOf?.(ctx),
      body: bodySchema && parse(bodySchema, await readJson(ctx), 'body'),
    } as Input<P, Q, B>;
    const response = await handle(input, ctx);
    if (response !== undefined) ctx.body = response;
  };
  return { ...described, handlers: [...before, last] };
}

/** Validates the query. Most requests have none: the result of that is known beforehand. */
function queryReader<Q extends z.ZodObject>(schema: Q): (ctx: Context) => z.infer<Q> {
  const none = schema.safeParse({});
  return (ctx) =>
    none.success && ctx.querystring === ''
      ? { ...none.data }
      : parse(schema, { ...ctx.query }, 'query');
}

/** Mounts routes below a prefix, each with its access rule. `write` writes the problems. */
export function mount(
  routes: Route[],
  prefix: string,
  authentication: Authentication,
  write: ProblemWriter = writeProblem,
): Router {
  const router = new Router({ prefix });
  for (const { method, path, access, around, handlers, exact, ...by } of routes)
    router[method](
      path.replace(/\{(\w+)\}/g, ':$1'),
      ...(exact ? [onlyExact(`${prefix}${path}`)] : []),
      withProblemWriter(write),
      ...(around ? [around] : []),
      by.authenticate?.(access, authentication) ??
        authenticate(access, authentication, by.verifySecret),
      ...(access === 'anonymous' ? [] : [withinScope(by.scope, authentication)]),
      ...(by.audit ? [recordDone(by.audit, authentication)] : []),
      ...handlers,
    );
  return router;
}

/** The router takes a path in any case and with a slash at its end. */
const onlyExact =
  (path: string): Middleware =>
  (ctx, next) => {
    if (ctx.path !== path)
      throw new ProblemError('not_found', `No resource has the path ${ctx.path}.`);
    return next();
  };

/** Reports a route that has done its work. */
const recordDone =
  (action: AuditAction, { done }: Authentication): Middleware =>
  async (ctx, next) => {
    await next();
    const named: unknown = ctx.state.auditSubject ?? Object.values(ctx.params ?? {}).join(' ');
    done?.(ctx, action, String(named) || undefined);
  };

const withProblemWriter =
  (write: ProblemWriter): Middleware =>
  (ctx, next) => {
    ctx.state.writeProblem = write;
    return next();
  };

/** Validates `value`. Throws `invalid_parameter` with every invalid field, also for a NUL character in any text. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  checkNoNul(value, where);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(fieldErrorsOf);
  const summary = errors
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');
  throw new ProblemError('invalid_parameter', `In the ${where}: ${summary}.`, { errors });
}

function fieldErrorsOf(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((path) => ({ path, message: 'is not a known parameter' }));
  return [{ path: issue.path.join('.'), message: issue.message }];
}

export const isSchema = (spec: ResponseSpec): spec is z.ZodType => spec instanceof z.ZodType;
