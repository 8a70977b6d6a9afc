import type { ExecutionContext } from 'ava';
import { DocumentedAnswers, type OpenApi } from './documented-answers.js';

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  type: string;
  json: T;
  bytes: Buffer;
}

export interface FileField {
  field?: string;
  name?: string;
  type?: string;
}

/**
 * Calls an API as its users do, and holds every answer against the document that the API gives of itself:
 * the status must be documented, and the body must have the documented form.
 */
export class ApiClient {
  readonly #answers: DocumentedAnswers;
  /** Operations that gave each status, e.g. `get /healthz 200`. */
  readonly seen = new Set<string>();

  private constructor(
    readonly url: string,
    readonly document: OpenApi,
    private readonly token: string | undefined,
  ) {
    this.#answers = new DocumentedAnswers(document);
  }

  static async connect(url: string, token?: string): Promise<ApiClient> {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
    return new ApiClient(url, document, token);
  }

  /** Documented operations that have not given a status of success yet. */
  unseen(): string[] {
    const operations = Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    return operations.filter(
      (operation) => ![...this.seen].some((seen) => seen.startsWith(`${operation} 2`)),
    );
  }

  async call<T>(
    t: ExecutionContext,
    method: string,
    path: string,
    init: RequestInit = {},
  ): Promise<Answer<T>> {
    const headers = new Headers(init.headers);
    if (this.token && !headers.has('Authorization'))
      headers.set('Authorization', `Bearer ${this.token}`);
    const response = await fetch(`${this.url}${path}`, { ...init, method, headers });
    const type = (response.headers.get('Content-Type') ?? '').split(';')[0] ?? '';
    const isEndless = type === 'text/event-stream';
    if (isEndless) await response.body?.cancel();
    const bytes = isEndless ? Buffer.alloc(0) : Buffer.from(await response.arrayBuffer());
    const json =
      /json$/.test(type) && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : undefined;
    this.#check(t, method.toLowerCase(), path, response.status, type, json);
    return { status: response.status, headers: response.headers, type, json: json as T, bytes };
  }

  get<T>(t: ExecutionContext, path: string, headers: Record<string, string> = {}) {
    return this.call<T>(t, 'GET', path, { headers });
  }

  delete<T>(t: ExecutionContext, path: string) {
    return this.call<T>(t, 'DELETE', path);
  }

  post<T>(t: ExecutionContext, path: string, body?: unknown) {
    return this.send<T>(t, 'POST', path, body);
  }

  put<T>(t: ExecutionContext, path: string, body?: unknown) {
    return this.send<T>(t, 'PUT', path, body);
  }

  send<T>(t: ExecutionContext, method: string, path: string, body?: unknown) {
    return this.call<T>(t, method, path, {
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
  }

  upload<T>(
    t: ExecutionContext,
    image: Uint8Array,
    fields: Record<string, string | string[]> = {},
    { path = '/api/v1/objectdetection/image', headers = {}, file = {} }: UploadOptions = {},
  ) {
    const form = new FormData();
    for (const [name, values] of Object.entries(fields))
      for (const value of [values].flat()) form.append(name, value);
    const blob = new Blob([new Uint8Array(image)], { type: file.type ?? 'image/jpeg' });
    form.append(file.field ?? 'image', blob, file.name ?? 'photo.jpg');
    return this.call<T>(t, 'POST', path, { body: form, headers });
  }

  #check(
    t: ExecutionContext,
    method: string,
    path: string,
    status: number,
    type: string,
    json: unknown,
  ): void {
    const template = this.#template(path.split('?')[0] ?? '', method);
    if (!template) return;
    this.seen.add(`${method} ${template} ${status}`);
    t.is(this.#answers.fault(method, template, { status, type, json }), undefined);
  }

  #template(path: string, method: string): string | undefined {
    return Object.keys(this.document.paths).find((template) => {
      const pattern = template.replace(/\{\w+\}/g, '[^/]+');
      return new RegExp(`^${pattern}$`).test(path) && this.document.paths[template]?.[method];
    });
  }
}

export interface UploadOptions {
  path?: string;
  headers?: Record<string, string>;
  file?: FileField;
}
