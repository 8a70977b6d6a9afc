import { request } from 'node:https';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import type { z } from 'zod';
import { messageOf, StartError } from '../../core/runtime/errors.js';
import { pinFault } from '../../core/runtime/tls/fingerprint.js';

/** A relay that the appliance knows by the fingerprint of its certificate, whatever authority signed it. */
export interface KnownRelay {
  address: string;
  fingerprint: string;
}

/** The relay answered that it does not do this. */
export class RelayRefusal extends Error {
  override readonly name = 'RelayRefusal';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const DEADLINE_MS = 20_000;
const MAX_ANSWER_BYTES = 262_144;

/**
 * Posts JSON to the relay. Nothing is sent before its certificate has been compared. Throws RelayRefusal, and StartError
 * if the relay cannot be reached, is another one, or does not answer as expected.
 */
export async function postToRelay<S extends z.ZodType>(
  relay: KnownRelay,
  path: string,
  body: unknown,
  schema: S,
): Promise<z.infer<S>> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const socket = await connectTo(relay, signal);
    const { status, answer } = await post(relay, socket, path, JSON.stringify(body), signal);
    if (status >= 400) throw new RelayRefusal(status, detailOf(answer) ?? `status ${status}`);
    return schema.parse(JSON.parse(answer));
  } catch (error) {
    if (error instanceof RelayRefusal) throw error;
    throw new StartError(`the relay at ${relay.address} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function connectTo({ address, fingerprint }: KnownRelay, signal: AbortSignal): Promise<TLSSocket> {
  const { hostname, port } = new URL(`https://${address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{
        host,
        port: Number(port || 443),
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      },
      ...(isIP(host) === 0 && { servername: host }),
    });
    const abort = () => socket.destroy(new Error('it did not answer in time'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const fault = pinFault(socket, fingerprint);
      if (fault === undefined) return resolve(socket);
      socket.destroy();
      return reject(new Error(fault));
    });
  });
}

function post(
  { address }: KnownRelay,
  socket: TLSSocket,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const req = request(
      `https://${address}${path}`,
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          Connection: 'close',
        },
        createConnection: () => socket,
        signal,
      },
      (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('its answer is too long'));
        });
        text(response).then(
          (answer) => resolve({ status: response.statusCode ?? 0, answer }),
          reject,
        );
      },
    );
    req.once('error', reject);
    req.end(body);
  });
}

/** The text of a problem document (RFC 9457). */
function detailOf(answer: string): string | undefined {
  try {
    const { detail } = JSON.parse(answer) as { detail?: unknown };
    return typeof detail === 'string' ? detail.slice(0, 500) : undefined;
  } catch {
    return undefined;
  }
}
