import { spawnSync } from 'node:child_process';
import { request } from 'node:https';
import { Problem } from '../problem.mjs';

/** The relays' API through the balancer, by the name in its certificate and with only its authority trusted. */
export class Api {
  constructor({ host, ca, token }) {
    Object.assign(this, { host, ca, token });
  }

  /** Resolves with status and body; rejects where there is no answer. */
  call(method, path, { body, headers = {} } = {}) {
    const { host, ca, token } = this;
    return new Promise((resolve, reject) => {
      const options = {
        ...{ method, path, ca, servername: host, host: '127.0.0.1', port: 443, timeout: 60_000 },
        headers: { Host: host, ...(token && { Authorization: `Bearer ${token}` }), ...headers },
      };
      const sent = request(options, (answer) => {
        const chunks = [];
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

  async json(method, path, body) {
    const sent = body && {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    };
    const answer = await this.call(method, path, sent);
    return { status: answer.status, json: JSON.parse(answer.body.toString('utf8')) };
  }

  upload(jpeg) {
    const boundary = 'siteglass-verify';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
    return this.call('POST', '/api/v1/objectdetection/image', {
      body: Buffer.concat([Buffer.from(head), jpeg, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    });
  }
}

/** The upload as the documentation shows it, by curl. Answers what was found. */
export function curlUpload({ host, caFile, picture }) {
  const args = ['--silent', '--show-error', '--fail-with-body', '--cacert', caFile];
  const to = ['--resolve', `${host}:443:127.0.0.1`, `https://${host}/api/v1/objectdetection/image`];
  const { status, stdout, stderr } = spawnSync(
    'curl',
    [...args, '-F', `image=@${picture}`, ...to],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Problem(`curl: ${stderr} ${stdout}`);
  return JSON.parse(stdout);
}
