import { randomBytes, randomUUID } from 'node:crypto';

/** A request as a client sends it. */
export interface ClientRequest {
  headers: Record<string, string>;
  body: Buffer;
}

interface Fields {
  minConfidence: string;
  apiKey?: string;
}

/** The nodes of node-red-contrib-deepstack: `form-data` and `got`, the image first and the key last. */
export function nodeRedRequest(jpeg: Uint8Array, { minConfidence, apiKey }: Fields): ClientRequest {
  const boundary = `--------------------------${randomBytes(12).toString('hex')}`;
  const field = (name: string, value: string) =>
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
  return {
    headers: {
      'user-agent': 'got (https://github.com/sindresorhus/got)',
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'accept-encoding': 'gzip, deflate, br',
    },
    body: Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image.jpg"\r\n` +
          'Content-Type: image/jpeg\r\n\r\n',
      ),
      jpeg,
      Buffer.from(
        field('min_confidence', minConfidence) +
          (apiKey === undefined ? '' : field('api_key', apiKey)) +
          `\r\n--${boundary}--\r\n`,
      ),
    ]),
  };
}

/** Programs in .NET, as AI Tool and SynoAI: the boundary has quotes, the names have none. */
export function dotNetRequest(jpeg: Uint8Array, { minConfidence }: Fields): ClientRequest {
  const boundary = randomUUID();
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary="${boundary}"` },
    body: Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name=image; ` +
          "filename=Door.20240526.jpg; filename*=utf-8''Door.20240526.jpg\r\n\r\n",
      ),
      jpeg,
      Buffer.from(
        `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
          `Content-Disposition: form-data; name=min_confidence\r\n\r\n${minConfidence}\r\n--${boundary}--\r\n`,
      ),
    ]),
  };
}
