import { connect, type Socket } from 'node:net';
import { guardedLookup } from './address-rules.js';

export interface GuardedConnectionOptions {
  host: string;
  port: number;
  allowOwnMachine: boolean;
  timeoutMs: number;
}

const UNRESOLVED = ['ENOTFOUND', 'EAI_AGAIN'];

/**
 * Connects to a mail server. A name is resolved here and its addresses are checked: the library for mail would connect to
 * any of them. Rejects with an error whose code is one of that library.
 */
export function connectGuarded(options: GuardedConnectionOptions): Promise<Socket> {
  const { host, port, allowOwnMachine, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: guardedLookup(allowOwnMachine) });
    const timer = setTimeout(
      () => socket.destroy(coded('no connection in time', 'ETIMEDOUT')),
      timeoutMs,
    );
    const failed = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === 'ETIMEDOUT' ? error : coded(error.message, codeOf(error), error));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

const codeOf = ({ code = '' }: NodeJS.ErrnoException): string | undefined =>
  UNRESOLVED.includes(code) ? 'EDNS' : code === '' ? undefined : 'ESOCKET';

const coded = (message: string, code: string | undefined, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), code === undefined ? {} : { code });
