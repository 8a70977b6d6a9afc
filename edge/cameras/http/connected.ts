import type { Socket } from 'node:net';
import { CameraError } from '../camera.js';

/** Where to connect to. */
export interface Address {
  host: string;
  port: number;
  /** For TLS: the name that the certificate is for. */
  servername?: string;
}

/** Resolves with the first `event`. Rejects, and destroys the socket, if it fails or closes before, or if `signal` aborts. */
export async function connected(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (work: () => void) => {
      socket.off(event, succeed).off('error', fail).off('close', closed);
      signal.removeEventListener('abort', abort);
      work();
    };
    const succeed = () => settle(resolve);
    const fail = (error: unknown) =>
      settle(() => {
        socket.destroy();
        reject(error);
      });
    const abort = () => fail(signal.reason);
    const closed = () => fail(new CameraError('unreachable', 'the camera closed the connection'));
    socket.once(event, succeed).once('error', fail).once('close', closed);
    signal.addEventListener('abort', abort, { once: true });
  });
}
