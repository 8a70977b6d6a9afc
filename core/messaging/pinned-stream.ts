import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { IClientOptions, StreamBuilder } from 'mqtt';
import { pinFault } from '../runtime/tls/fingerprint.js';

/**
 * The connection of mqtt.js over TLS to a broker that is known by the fingerprint of its certificate. Nothing is sent
 * before the certificate has been compared: CONNECT has the password.
 */
export const pinnedStream =
  ({ host = 'localhost', port = 8883 }: IClientOptions, fingerprint: string): StreamBuilder =>
  (client) => {
    const socket = connect({
      ...{ host, port, rejectUnauthorized: false },
      ...(isIP(host) === 0 && { servername: host }),
    });
    socket.cork();
    socket.on('error', (error) => client.emit('error', error));
    socket.once('secureConnect', () => {
      const fault = pinFault(socket, fingerprint);
      if (fault === undefined) socket.uncork();
      else socket.destroy(Object.assign(new Error(fault), { code: WRONG_CERTIFICATE }));
    });
    return socket;
  };

/** The code of the error. */
export const WRONG_CERTIFICATE = 'WRONG_CERTIFICATE';
