import { spawnSync } from 'node:child_process';
import { type RequestOptions, request } from 'node:https';
import { Problem } from '../../scripts/lib/problem.mjs';

export interface Answer {
  status: number | undefined;
  body: Buffer;
}

interface ApiOptions {
  host: string;
  /** The certificate authority that is trusted. */
  ca: string;
  token?: string;
}

interface CallOptions {
  body?: string | Buffer;
  headers?: Record<string, string>;
}

export interface Detections {
  detections: { label: string }[];
}

/** The relays' API through the balancer, by the name in its certificate and with only that authority trusted. */
export class Api {
  readonly host: string;
  readonly ca: string;
  readonly #token: string | undefined;

  constructor({ host, ca, token }: ApiOptions) {
    this.host = host;
    this.ca = ca;
    this.#token = token;
  }

  /** Resolves with status and body; rejects if there is no answer. */
  call(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const { host, ca } = this;
    const token = this.#token;
    return new Promise((resolve, reject) => {
      const options: RequestOptions = {
        ...{ method, path, ca, servername: host, host: '127.0.0.1', port: 443, timeout: 60_000 },
        headers: { Host: host, ...(token && { Authorization: `Bearer ${token}` }), ...headers },
      };
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({ status: answer.statusCode, body: Buffer.concat(chunks) }),
        );
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer in 60 s')));
      sent.once('error', reject);
      sent.end(body);
    });
  }

  /** `T` is the caller's view of the answer; nothing checks it. */
  async json<T>(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number | undefined; json: T }> {
    const headers = { 'Content-Type': 'application/json' };
    const sent = body ? { body: JSON.stringify(body), headers } : {};
    const answer = await this.call(method, path, sent);
    return { status: answer.status, json: JSON.parse(answer.body.toString('utf8')) };
  }

  upload(jpeg: Buffer): Promise<Answer> {
    const boundary = 'siteglass-verify';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
    return this.call('POST', '/api/v1/objectdetection/image', {
      body: Buffer.concat([Buffer.from(head), jpeg, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    });
  }
}

/** The upload of the documentation, by curl. Returns the result. */
export function curlUpload(options: { host: string; caFile: string; image: string }): Detections {
  const { host, caFile, image } = options;
  const args = ['--silent', '--show-error', '--fail-with-body', '--cacert', caFile];
  const to = ['--resolve', `${host}:443:127.0.0.1`, `https://${host}/api/v1/objectdetection/image`];
  const { status, stdout, stderr } = spawnSync('curl', [...args, '-F', `image=@${image}`, ...to], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Problem(`curl: ${stderr} ${stdout}`);
  return JSON.parse(stdout);
}
