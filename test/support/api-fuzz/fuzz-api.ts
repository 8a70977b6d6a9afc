import { Agent, maxHeaderSize, request } from 'node:http';
import { DocumentedAnswers, type OpenApi } from '../documented-answers.js';
import { Random } from '../random.js';
import { type Call, Calls, type Material } from './calls.js';

export interface FuzzOptions {
  url: string;
  calls: number;
  seed: number;
  credentials: readonly string[];
  image(random: Random): Buffer;
  /** Operations that are left out, as `post /path`. */
  except?: readonly string[];
  /** Called after each hundred calls. */
  onProgress?(calls: number): void;
}

export interface FuzzReport {
  calls: number;
  /** How often each status came. */
  statuses: Map<number, number>;
  /** Operations that were called as documented and succeeded at least once. */
  succeeded: Set<string>;
  /** The faults, each with its call. */
  faults: string[];
}

const CONCURRENCY = 4;
const DEADLINE_MS = 30_000;
const MAX_FAULTS = 20;
const MAX_KNOWN = 400;
const UPLOAD = '/api/v1/objectdetection/image';

/** Refusals of a request that never reaches its operation. */
const BEFORE_THE_OPERATION = new Set([
  400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 429, 431, 501,
]);

interface Came {
  status: number;
  type: string;
  json: unknown;
}

/**
 * Calls an API with requests that are made from its own document, most of them nearly right. Every answer has to be one that
 * the document names, and none may be a failure of the server.
 */
export async function fuzzApi(options: FuzzOptions): Promise<FuzzReport> {
  const { url, seed, except = [] } = options;
  const document = without((await (await fetch(`${url}/openapi.json`)).json()) as OpenApi, except);
  const answers = new DocumentedAnswers(document);
  const random = new Random(seed);
  const known: string[] = [];
  const material: Material = {
    credentials: options.credentials,
    known: () => known,
    image: () => options.image(random),
  };
  const calls = new Calls(document, random, material);
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const report: FuzzReport = { calls: 0, statuses: new Map(), succeeded: new Set(), faults: [] };

  const one = async () => {
    const call = calls.next();
    const came = await answerOf(agent, url, call).catch((error: Error) => error);
    const fault = faultOf(answers, call, came);
    if (fault) report.faults.push(`${fault}\n  ${describe(call)}`);
    if (came instanceof Error) return;
    report.statuses.set(came.status, (report.statuses.get(came.status) ?? 0) + 1);
    if (!call.isOther && came.status < 300) report.succeeded.add(`${call.method} ${call.template}`);
    remember(known, came.json, random);
  };
  const caller = async () => {
    while (report.calls < options.calls && report.faults.length < MAX_FAULTS) {
      report.calls++;
      await one();
      if (report.calls % 100 === 0) options.onProgress?.(report.calls);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  agent.destroy();
  return report;
}

function without(document: OpenApi, except: readonly string[]): OpenApi {
  const paths = Object.entries(document.paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).filter(([method]) => !except.includes(`${method} ${path}`)),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}

function faultOf(answers: DocumentedAnswers, call: Call, came: Came | Error): string | undefined {
  if (came instanceof Error) return isCutOff(call, came) ? undefined : `no answer: ${came.message}`;
  if (came.status >= 500 && came.status !== 501) return `${came.status}: ${textOf(came)}`;
  if (call.isOther && BEFORE_THE_OPERATION.has(came.status)) return undefined;
  // Node.js refuses a request that is no HTTP before the program sees it, without a body.
  if ((came.status === 400 || came.status === 431) && came.type === '') return undefined;
  return call.isOther ? undefined : answers.fault(call.method, call.template, came);
}

/** Node.js answers a head over its limit with 431 and closes, also while the client is still sending it. */
const isCutOff = ({ target, headers }: Call, error: Error): boolean =>
  /ECONNRESET|EPIPE/.test(error.message) &&
  target.length + JSON.stringify(headers).length > maxHeaderSize - 1_024;

const textOf = ({ json }: Came) => JSON.stringify(json)?.slice(0, 300);

const describe = ({ method, target, headers, body }: Call) =>
  [
    `${method.toUpperCase()} ${target.slice(0, 500)}`,
    JSON.stringify(headers).slice(0, 500),
    ...(body
      ? [`${body.bytes.length} bytes: ${JSON.stringify(body.bytes.toString('latin1', 0, 200))}`]
      : []),
  ].join('\n  ');

export interface ImagesOptions {
  url: string;
  token: string;
  images: AsyncIterable<{ name: string; bytes: Buffer }>;
  onProgress?(images: number): void;
}

/** The document names time-outs and crashes, but no image may cause one. */
const COSTS_A_WORKER = new Set(['detection_timeout', 'image_crashed_decoder']);

/** Uploads images, a few at a time. None may cost a worker, or get an answer that the document does not name. */
export async function uploadAll(options: ImagesOptions): Promise<FuzzReport> {
  const { url, token, onProgress } = options;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const answers = new DocumentedAnswers(document);
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const report: FuzzReport = { calls: 0, statuses: new Map(), succeeded: new Set(), faults: [] };
  const under = new Set<Promise<void>>();
  const upload = async (name: string, call: Call) => {
    const came = await answerOf(agent, url, call).catch((error: Error) => error);
    const code = came instanceof Error ? '' : (came.json as { code?: string } | undefined)?.code;
    const fault = COSTS_A_WORKER.has(code ?? '') ? code : faultOf(answers, call, came);
    if (fault) report.faults.push(`${name}: ${fault}`);
    if (came instanceof Error) return;
    report.statuses.set(came.status, (report.statuses.get(came.status) ?? 0) + 1);
  };
  for await (const { name, bytes } of options.images) {
    const done = upload(name, uploadOf(bytes, token)).finally(() => under.delete(done));
    under.add(done);
    report.calls++;
    if (report.calls % 100 === 0) onProgress?.(report.calls);
    if (under.size >= CONCURRENCY) await Promise.race(under);
    if (report.faults.length >= MAX_FAULTS) break;
  }
  await Promise.all(under);
  agent.destroy();
  return report;
}

function uploadOf(bytes: Buffer, token: string): Call {
  const head = Buffer.from(
    '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\nContent-Type: image/jpeg\r\n\r\n',
  );
  return {
    method: 'post',
    template: UPLOAD,
    target: UPLOAD,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'multipart/form-data; boundary=b',
    },
    body: {
      bytes: Buffer.concat([head, bytes, Buffer.from('\r\n--b--\r\n')]),
      contentType: 'multipart/form-data; boundary=b',
    },
    isOther: false,
  };
}

/** Texts of answers that later calls use, e.g. ids. A new one replaces another at random. */
function remember(known: string[], json: unknown, random: Random, depth = 0): void {
  if (typeof json === 'string') {
    if (json.length === 0 || json.length > 200 || json.startsWith('urn:') || known.includes(json))
      return;
    if (known.length < MAX_KNOWN) known.push(json);
    else known[random.integer(0, MAX_KNOWN - 1)] = json;
  } else if (typeof json === 'object' && json !== null && depth < 6) {
    const isProblem = 'code' in json && 'title' in json;
    if (!isProblem)
      for (const value of Object.values(json).slice(0, 20))
        remember(known, value, random, depth + 1);
  }
}

/** An event stream ends after its head. Rejects if no answer comes in time, or none at all. */
function answerOf(agent: Agent, url: string, call: Call): Promise<Came> {
  const { hostname, port } = new URL(url);
  const { method, target, headers, body } = call;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      hostname,
      port,
      method: method.toUpperCase(),
      path: target,
      headers: { ...headers, ...(body && { 'Content-Length': body.bytes.length }) },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const type = (response.headers['content-type'] ?? '').split(';')[0] ?? '';
      if (type === 'text/event-stream') {
        response.destroy();
        resolve({ status, type, json: undefined });
        return;
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          const text = Buffer.concat(chunks);
          const json =
            /json$/.test(type) && text.length > 0 ? JSON.parse(text.toString()) : undefined;
          resolve({ status, type, json });
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.end(body?.bytes);
  });
}
