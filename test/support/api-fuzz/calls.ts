import type { OpenApi, Operation, Parameter } from '../documented-answers.js';
import type { Random } from '../random.js';
import { HOSTILE_TEXTS } from './hostile-values.js';
import { RequestBodies, type RequestBody } from './request-bodies.js';
import { SchemaValues } from './schema-values.js';

export interface Call {
  method: string;
  template: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  body: RequestBody | undefined;
  /** The method or the path is another than the document's, so that any refusal is right. */
  isOther: boolean;
}

/** What requests can hold, for all of what callers have. */
export interface Material {
  /** Values of the header `Authorization`; an empty one stands for none. */
  credentials: readonly string[];
  /** Values that mean something to the API, such as ids that it gave. */
  known: () => readonly string[];
  image: () => Buffer;
}

const HEADERS: Record<string, readonly string[]> = {
  'If-None-Match': ['*', '""', ' '.repeat(3_000), 'W/'.repeat(1_000), '"a", '.repeat(500)],
  'If-Modified-Since': ['now', 'Thu, 01 Jan 1970 00:00:00 GMT', '9'.repeat(500)],
  Range: ['bytes=0-', 'bytes=-1', 'bytes=5-1', 'bytes=0-0,'.repeat(400), 'lines=1-', 'bytes='],
  Accept: ['*/*', 'text/html', '*/*;q=', ','.repeat(2_000), 'image/webp, */*;q=0.1'],
  'Accept-Encoding': ['gzip', 'identity;q=0', 'gzip;q=1.'],
  Prefer: [
    'respond-async',
    'wait=1',
    'wait=-1',
    'respond-async; wait=99999999999',
    '='.repeat(999),
  ],
  'Last-Event-ID': ['0', '-1', 'a', '9'.repeat(400)],
  Origin: ['null', 'http://evil.example', 'http://127.0.0.1'],
  'X-Forwarded-For': ['::1', '1.2.3.4, 5.6.7.8', ','.repeat(2_000)],
  'X-Forwarded-Proto': ['https', 'ftp'],
  Cookie: ['a=b', '='.repeat(2_000), ';'.repeat(2_000)],
  'X-HTTP-Method-Override': ['DELETE'],
};

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

/** Makes calls from an OpenAPI document. */
export class Calls {
  readonly #operations: [template: string, method: string, operation: Operation][];
  readonly #values: SchemaValues;
  readonly #bodies: RequestBodies;

  constructor(
    document: OpenApi,
    private readonly random: Random,
    private readonly material: Material,
  ) {
    this.#operations = Object.entries(document.paths).flatMap(([template, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
        template,
        method,
        operation,
      ]),
    );
    this.#values = new SchemaValues(random, document.components.schemas, material.known);
    this.#bodies = new RequestBodies(random, this.#values, material.image);
  }

  next(): Call {
    const { random } = this;
    const [template, documented, operation] = random.pick(this.#operations);
    const isOther = random.chance(0.05);
    const method = isOther ? random.pick(METHODS) : documented;
    const content = operation.requestBody?.content;
    const sendsBody = !['get', 'head'].includes(method) && random.chance(content ? 0.95 : 0.1);
    const body = sendsBody
      ? this.#bodies.make(content ?? { 'application/json': { schema: {} } })
      : undefined;
    return {
      method,
      template,
      target: this.#target(template, operation.parameters, isOther),
      headers: this.#headers(operation.parameters, body),
      body,
      isOther,
    };
  }

  #target(template: string, parameters: Parameter[], isOther: boolean): string {
    const { random } = this;
    const path = template.replace(/\{(\w+)\}/g, () => encodeURIComponent(this.#segment()));
    const query = parameters
      .filter(({ in: where }) => where === 'query')
      .filter(() => random.chance(0.5))
      .map(({ name, schema }) => [name, this.#values.make(schema)] as const);
    if (random.chance(0.05)) query.push(...query);
    if (random.chance(0.05)) query.push([this.#values.text(), this.#values.text()]);
    const search = query
      .map(([name, value]) => `${encoded(name)}=${encoded(textOf(value))}`)
      .join('&');
    const whole = isOther
      ? path.replace(/\/(?=[^/]*$)/, random.pick(['//', '/./', '/%2e/']))
      : path;
    return search === '' ? whole : `${whole}?${search}`;
  }

  /** Not empty: the path would be another. */
  #segment(): string {
    return wellFormed(this.#values.text()).trim().slice(0, 400) || 'a';
  }

  #headers(parameters: Parameter[], body: RequestBody | undefined): Record<string, string> {
    const { random, material } = this;
    const headers: Record<string, string> = {};
    const credential = random.pick(material.credentials);
    if (credential) headers.Authorization = credential;
    if (body?.contentType) headers['Content-Type'] = body.contentType;
    for (const { name } of parameters.filter(({ in: where }) => where === 'header'))
      if (random.chance(0.3)) headers[name] = this.#headerValue(name);
    if (random.chance(0.3)) {
      const name = random.pick(Object.keys(HEADERS));
      headers[name] = this.#headerValue(name);
    }
    return headers;
  }

  /** Only bytes that a header can have. */
  #headerValue(name: string): string {
    const { random } = this;
    const fitting = HEADERS[name];
    const text = fitting && random.chance(0.7) ? random.pick(fitting) : random.pick(HOSTILE_TEXTS);
    return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
  }
}

const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd');
const encoded = (text: string) => encodeURIComponent(wellFormed(text));
const textOf = (value: unknown) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
