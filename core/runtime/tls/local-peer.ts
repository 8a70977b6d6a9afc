import type { Socket } from 'node:net';
import { withoutMapping } from '../ipv4-mapped.js';

const LOOPBACK = /^(::1|127(\.\d{1,3}){3})$/;

const isLoopback = (address: string): boolean => LOOPBACK.test(withoutMapping(address));

/** Whether the other end of a connection is this machine: then nothing of it passes a network. */
export const isThisMachine = ({
  remoteAddress = '',
  localAddress,
}: Pick<Socket, 'remoteAddress' | 'localAddress'>): boolean =>
  isLoopback(remoteAddress) || remoteAddress === localAddress;

/** Whether a server that listens on `host` can be reached from this machine only. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopback(host);
