import { z } from 'zod';
import { type ProblemCode, problemKinds, problemSchema } from '../contract/problem.js';
import { describeFields, describeParameter } from './documentation/describe-fields.js';
import type { ProblemWriter } from './problems.js';
import { type FormSpec, isSchema, type ResponseSpec, type Route } from './route.js';

type Json = Record<string, unknown>;

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
}

/** How errors are written, and the schema of that form. */
export interface ErrorForm {
  schema: z.ZodType;
  write: ProblemWriter;
  /** Paths below this one have the form also if no route has them. */
  below: string;
}

/** Routes that are mounted below one prefix. */
export interface RouteGroup {
  prefix: string;
  routes: Route[];
  /** The form of errors, if they are not problem documents. */
  errors?: ErrorForm;
}

/** Problems that every route can return. */
const ALWAYS: ProblemCode[] = ['internal', 'invalid_parameter'];

/** Problems of `readJson`. */
const BODY_PROBLEMS: ProblemCode[] = [
  'invalid_request',
  'unsupported_request_type',
  'too_many_bytes',
];

/**
 * The OpenAPI 3.1 document of the mounted routes, from the schemas that validate them. `sessionCookie` is the name of the
 * cookie of sessions, if there are any.
 */
export function openApiDocument(info: ApiInfo, groups: RouteGroup[], sessionCookie?: string): Json {
  const components: Json = {};
  const securitySchemes = schemesOf(sessionCookie);
  const security = Object.keys(securitySchemes).map((name) => ({ [name]: [] }));
  const paths: Record<string, Json> = {};
  for (const group of groups)
    for (const route of group.routes) {
      const path = `${group.prefix}${route.path}`;
      paths[path] = {
        ...paths[path],
        [route.method]: {
          ...operation(route, group, components),
          security: route.access === 'anonymous' ? [] : security,
        },
      };
    }
  for (const [id, schema] of Object.entries(components)) describeFields(schema, id);
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    paths,
    components: { schemas: components, securitySchemes },
  };
}

/** One of them is enough. */
const schemesOf = (cookie: string | undefined): Json => ({
  token: { type: 'http', scheme: 'bearer' },
  ...(cookie !== undefined && {
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: cookie,
      description: `Over TLS, the name is \`__Host-${cookie}\`. A request that changes something must come from a page of this host.`,
    },
  }),
});

function operation(route: Route, group: RouteGroup, components: Json): Json {
  const schema = (s: z.ZodType) => jsonSchema(s, components);
  const id = operationId(route);
  const documented = (part: Json): Json => {
    describeFields(part, id);
    return part;
  };
  return {
    tags: [route.tag],
    summary: route.summary,
    description: descriptionOf(route),
    operationId: id,
    parameters: [
      ...parameters(route.params, 'path', schema, id),
      ...parameters(route.query, 'query', schema, id),
      ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
        name,
        in: 'header',
        description,
        schema: { type: 'string' },
      })),
    ],
    ...documented(requestBody(route, schema)),
    responses: documented({
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, spec]) => [status, response(spec, schema)]),
      ),
      ...problemResponses(route, group.errors?.schema, schema),
    }),
  };
}

const CALLERS: Record<Route['access'], string> = {
  anonymous: 'Anyone may call it.',
  viewer: 'For viewers, operators and administrators.',
  operator: 'For operators and administrators.',
  admin: 'For administrators.',
};

/** What the summary does not say, and who may call it. */
const descriptionOf = ({ description, access }: Route): string =>
  [description, CALLERS[access]].filter(Boolean).join('\n\n');

const operationId = ({ method, path }: Route): string =>
  [method, ...path.split(/[/{}]+/).filter(Boolean)].join('-');

function parameters(
  object: z.ZodObject | undefined,
  where: 'path' | 'query',
  schema: (s: z.ZodType) => Json,
  id: string,
): Json[] {
  return Object.entries(object?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = schema(field as z.ZodType);
    const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success;
    const parameter = { name, in: where, required, ...(description ? { description } : {}) };
    return describeParameter({ ...parameter, schema: rest }, id);
  });
}

const IMAGES = 'JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC or JPEG XL';

function requestBody({ form, body }: Route, schema: (s: z.ZodType) => Json): Json {
  const content = {
    ...(form && formContent(form, schema)),
    ...(body && { 'application/json': { schema: schema(body) } }),
  };
  return Object.keys(content).length > 0 ? { requestBody: { required: true, content } } : {};
}

function formContent(
  { file, fields, orRaw, orText, description = IMAGES }: FormSpec,
  schema: (s: z.ZodType) => Json,
): Json {
  const binary = { type: 'string', format: 'binary' };
  const texts = schema(fields).properties as Json;
  const properties = { [file]: { ...binary, description }, ...texts };
  const text = withFileAsText(file, texts);
  return {
    ...(orRaw && { 'image/*': { schema: binary } }),
    'multipart/form-data': { schema: { type: 'object', properties, required: [file] } },
    ...(orText && { 'application/x-www-form-urlencoded': text, 'application/json': text }),
  };
}

function withFileAsText(file: string, fields: Json): Json {
  const base64 = { type: 'string', contentEncoding: 'base64', description: 'Or a data URL' };
  return {
    schema: { type: 'object', properties: { [file]: base64, ...fields }, required: [file] },
  };
}

function response(spec: ResponseSpec, schema: (s: z.ZodType) => Json): Json {
  if (isSchema(spec))
    return {
      description: spec.description ?? 'OK',
      content: { 'application/json': { schema: schema(spec) } },
    };
  if ('empty' in spec) return { description: spec.empty };
  const content = spec.events
    ? eventStream(spec.events, schema)
    : { schema: { type: 'string', format: 'binary' } };
  return {
    description: spec.description,
    content: Object.fromEntries(spec.mediaTypes.map((type) => [type, content])),
  };
}

/** OpenAPI 3.1 has no word for the events of a stream: here each is an object whose `data` is sent as JSON. */
function eventStream(events: Record<string, z.ZodType>, schema: (s: z.ZodType) => Json): Json {
  const of = ([name, data]: [string, z.ZodType]) => ({
    type: 'object',
    title: name,
    properties: {
      event: { const: name, description: 'Name of the event, in the line `event:`' },
      data: schema(data),
    },
  });
  return {
    schema: {
      type: 'array',
      description: 'Server-sent events (text/event-stream), one after the other',
      items: { oneOf: Object.entries(events).map(of) },
    },
  };
}

function problemResponses(
  route: Route,
  errorSchema: z.ZodType | undefined,
  schema: (s: z.ZodType) => Json,
): Json {
  const codes = new Set<ProblemCode>([...(route.problems ?? []), ...ALWAYS]);
  // The liveness and the readiness of the process need no database to be answered.
  if (route.access !== 'anonymous' || route.tag !== 'operations') codes.add('database_unavailable');
  if (route.method !== 'get') codes.add('disk_budget_spent');
  if (route.access !== 'anonymous') codes.add('unauthorized').add('forbidden');
  if (route.params || route.query || route.form || route.body) codes.add('invalid_parameter');
  if (route.body) for (const code of BODY_PROBLEMS) codes.add(code);
  const byStatus = groupByStatus(codes);
  const content = errorSchema
    ? { 'application/json': { schema: schema(errorSchema) } }
    : { 'application/problem+json': { schema: schema(problemSchema) } };
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `${code}: ${problemKinds[code].title}`).join('; '),
        content,
      },
    ]),
  );
}

function groupByStatus(codes: Iterable<ProblemCode>): Map<number, ProblemCode[]> {
  const groups = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problemKinds[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

/** JSON Schema of a Zod schema; a schema with an id becomes a component, which is referenced. */
function jsonSchema(schema: z.ZodType, components: Json): Json {
  const { $defs, $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'output',
    unrepresentable: 'any',
  }) as Json;
  for (const [id, definition] of Object.entries(($defs as Json) ?? {}))
    components[id] ??= refer(definition);
  const body = refer(rest) as Json;
  const id = body.id;
  if (typeof id !== 'string') return body;
  components[id] ??= withoutId(body);
  return { $ref: `#/components/schemas/${id}` };
}

const withoutId = ({ id: _, ...rest }: Json): Json => rest;

/** Replaces `#/$defs/X` by `#/components/schemas/X`, and removes the ids, which OpenAPI does not allow. */
function refer(value: unknown, top = true): unknown {
  if (Array.isArray(value)) return value.map((item) => refer(item, false));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, child]) =>
    key === '$ref' && typeof child === 'string'
      ? [key, child.replace('#/$defs/', '#/components/schemas/')]
      : [key, refer(child, false)],
  );
  const object = Object.fromEntries(entries) as Json;
  return top ? object : withoutSchemaId(object);
}

const withoutSchemaId = (object: Json): Json =>
  typeof object.id === 'string' && 'type' in object ? withoutId(object) : object;
