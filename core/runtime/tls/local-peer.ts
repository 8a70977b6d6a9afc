import type { Socket } from 'node:net';

const LOOPBACK = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;

/** Whether the other end of a connection is this machine: then nothing of it passes a network. */
export const isThisMachine = ({
  remoteAddress = '',
  localAddress,
}: Pick<Socket, 'remoteAddress' | 'localAddress'>): boolean =>
  LOOPBACK.test(remoteAddress) || remoteAddress === localAddress;

/** Whether a server that listens on `host` can be reached from this machine only. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || LOOPBACK.test(host);
