import type { Socket } from 'node:net';

/** The first byte of a TLS record with a handshake (RFC 8446, section 5.1). No method of HTTP and no CONNECT of MQTT begins so. */
export const TLS_HANDSHAKE = 0x16;

/**
 * Resolves with the first byte that a client sends, which stays in the socket to be read again; undefined if the
 * connection ended before. Destroys the socket if nothing comes in time.
 */
export function firstByte(socket: Socket, deadlineMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const end = (byte: number | undefined) => {
      clearTimeout(deadline);
      socket.off('readable', read).off('close', close).off('error', close).off('end', close);
      resolve(byte);
    };
    const read = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      socket.unshift(chunk);
      end(chunk[0]);
    };
    const close = () => {
      socket.destroy();
      end(undefined);
    };
    const deadline = setTimeout(close, deadlineMs);
    socket.on('readable', read).once('close', close).once('error', close).once('end', close);
  });
}
