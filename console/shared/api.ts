import type { Problem } from '../../core/contract/problem.js';
import { texts } from '../texts/texts.js';

const PREFIX = '/api/v1';
const DEADLINE_MS = 60_000;
const FILE_DEADLINE_MS = 900_000;

/** An answer other than success: a problem of the API, or none at all. */
export class ApiError extends Error {
  constructor(
    /** 0 if the program did not answer. */
    readonly status: number,
    readonly problem: Partial<Problem>,
    /** After how many seconds it may be tried again, if the program said so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(problem.detail ?? problem.title ?? texts.errors.noAnswer);
  }

  /** The problem with one field of what was sent, by its path. */
  fieldError(path: string): string | undefined {
    return this.problem.errors?.find((error) => error.path === path)?.message;
  }
}

type QueryValue = string | number | boolean | readonly string[] | null | undefined;
export type Query = Record<string, QueryValue>;

/** The address of a resource of the API, for `fetch`, pictures and downloads. */
export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return `${PREFIX}${path}${text && `?${text}`}`;
}

export interface CallOptions {
  query?: Query;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

interface SessionRules {
  /** While it is, nothing is asked for but a new one. */
  isEnded(): boolean;
  /** Called when the program does not know who asks. */
  onRefused(): void;
}

const SESSION = '/session';

let session: SessionRules = { isEnded: () => false, onRefused: () => undefined };
export function followSession(rules: SessionRules): void {
  session = rules;
}

async function request(
  method: string,
  path: string,
  body: unknown,
  { query, signal, headers }: CallOptions,
  deadlineMs = DEADLINE_MS,
): Promise<Response> {
  if (session.isEnded() && !path.startsWith(SESSION))
    throw new ApiError(401, { detail: texts.logIn.ended });
  const deadline = AbortSignal.timeout(deadlineMs);
  const isForm = body instanceof FormData;
  const response = await fetch(apiUrl(path, query), {
    method,
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    headers: {
      ...(body !== undefined && !isForm && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, { detail: texts.errors.noAnswer });
  });
  if (response.ok) return response;
  if (response.status === 401) session.onRefused();
  const problem: unknown = await response.json().catch(() => undefined);
  const retryAfter = response.headers.get('Retry-After');
  throw new ApiError(
    response.status,
    (problem ?? { detail: texts.errors.noProblem(response.status) }) as Problem,
    retryAfter === null ? undefined : Number(retryAfter),
  );
}

async function call<T>(
  method: string,
  path: string,
  body: unknown,
  options: CallOptions = {},
): Promise<T> {
  const response = await request(method, path, body, options);
  const text = await response.text().catch(() => {
    throw new ApiError(0, { detail: texts.errors.noAnswer });
  });
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(0, { detail: texts.errors.otherProgram });
  }
}

/** A file that the program may take minutes to make. Rejects with an `ApiError`. */
export async function apiBlob(path: string, options: CallOptions = {}): Promise<Blob> {
  const response = await request('GET', path, undefined, options, FILE_DEADLINE_MS);
  return response.blob();
}

/** The REST API of the program that served the page. Each call rejects with an `ApiError`. */
export const api = {
  get: <T>(path: string, options?: CallOptions) => call<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: CallOptions) =>
    call<T>('POST', path, body, options),
  put: <T>(path: string, body?: unknown, options?: CallOptions) =>
    call<T>('PUT', path, body, options),
  delete: <T>(path: string, options?: CallOptions) => call<T>('DELETE', path, undefined, options),
};
