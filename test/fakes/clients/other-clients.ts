import { randomBytes, randomUUID } from 'node:crypto';
import { type ImageFields, imageFirstForm } from './image-first-form.js';

/** A request as a client sends it. */
export interface ClientRequest {
  headers: Record<string, string>;
  body: Buffer;
}

/** The nodes of node-red-contrib-deepstack: `form-data` and `got`, the image first and the key last. */
export function nodeRedRequest(jpeg: Uint8Array, fields: ImageFields): ClientRequest {
  const boundary = `--------------------------${randomBytes(12).toString('hex')}`;
  return {
    headers: {
      'user-agent': 'got (https://github.com/sindresorhus/got)',
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'accept-encoding': 'gzip, deflate, br',
    },
    body: imageFirstForm(boundary, jpeg, fields),
  };
}

/** Programs in .NET, as AI Tool and SynoAI: the boundary has quotes, the names have none. */
export function dotNetRequest(jpeg: Uint8Array, { minConfidence }: ImageFields): ClientRequest {
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
