import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../runtime/errors.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import type {
  AcmeAccount,
  AcmeChallenge,
  AcmeOrder,
  FromAcmeProcess,
  ToAcmeProcess,
} from './acme-messages.js';

/** The client for ACME takes 40 MB, and is needed once in many weeks: it stays out of this process. */
const PROGRAM = fileURLToPath(new URL('./acme-process.js', import.meta.url));
/** Authorities answer within minutes; DNS may need longer. */
const DEADLINE_MS = 3_600_000;

export interface OrderHandlers {
  present(challenge: AcmeChallenge): Promise<void>;
  cleanup(challenge: AcmeChallenge): Promise<void>;
  /** A new account, to be stored. */
  onAccount(account: AcmeAccount): Promise<void>;
}

/** Orders a certificate by ACME. Rejects with the reason if the authority does not issue it. */
export function orderCertificate(
  order: AcmeOrder,
  handlers: OrderHandlers,
  signal: AbortSignal,
): Promise<TlsCredentials> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, { signal, timeout: DEADLINE_MS, stdio: 'ignore' });
    const send = (message: ToAcmeProcess) => child.connected && child.send(message);
    const change = async (type: 'present' | 'cleanup', id: number, challenge: AcmeChallenge) => {
      try {
        await handlers[type](challenge);
        send({ type: 'done', id });
      } catch (error) {
        send({ type: 'done', id, error: messageOf(error) });
      }
    };
    child.on('message', (message: FromAcmeProcess) => {
      if (message.type === 'account') void handlers.onAccount(message.account);
      else if (message.type === 'issued') resolve({ key: message.key, chain: message.chain });
      else if (message.type === 'failed') reject(new Error(message.reason));
      else void change(message.type, message.id, message.challenge);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the order ended with ${code}`)));
    send({ type: 'order', order });
  });
}
