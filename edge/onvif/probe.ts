import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../../core/runtime/errors.js';

/** The address of WS-Discovery (WS-Discovery 1.0, section 2.4). */
const GROUP = { address: '239.255.255.250', port: 3702 };
/** ONVIF's own type, and that of the device service: some devices answer to one of them alone. */
const TYPES = [
  'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><d:Types>dn:NetworkVideoTransmitter</d:Types>',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><d:Types>tds:Device</d:Types>',
];
/** Further responses are ignored. */
const MAX_RESPONSES = 1_024;

/** A datagram, and the address that it came from. */
export interface ProbeResponse {
  host: string;
  text: string;
}

/** Probes the local network for ONVIF devices, and returns what came within `timeoutMs`. Throws StartError if it cannot. */
export async function probe(
  interfaceName: string | undefined,
  timeoutMs: number,
): Promise<ProbeResponse[]> {
  const responses: ProbeResponse[] = [];
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  let failure: NodeJS.ErrnoException | undefined;
  socket.on('message', (message, { address: host }) => {
    if (responses.length < MAX_RESPONSES) responses.push({ host, text: message.toString() });
  });
  socket.on('error', (error) => {
    failure = error;
  });
  try {
    const address = interfaceName === undefined ? undefined : addressOf(interfaceName);
    await new Promise<void>((resolve) =>
      socket.once('error', () => resolve()).bind(0, address, resolve),
    );
    for (const type of TYPES) {
      if (failure) break;
      socket.send(messageFor(type), GROUP.port, GROUP.address, (error) => {
        failure ??= error ?? undefined;
      });
    }
    if (!failure) await sleep(timeoutMs);
  } finally {
    socket.close();
  }
  if (failure && responses.length === 0)
    throw new StartError(
      `the network cannot be probed (${failure.code}); set discovery.interface to that of the cameras`,
    );
  return responses;
}

function addressOf(interfaceName: string): string {
  const all = networkInterfaces();
  const address = all[interfaceName]?.find(({ family }) => family === 'IPv4')?.address;
  if (address === undefined)
    throw new StartError(
      `discovery.interface: ${interfaceName} has no IPv4 address; there are ${Object.keys(all).join(', ')}`,
    );
  return address;
}

/** The type closes the start tag of `Probe`. */
const messageFor = (type: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header><a:MessageID>urn:uuid:${randomUUID()}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header><s:Body><d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ${type}</d:Probe></s:Body></s:Envelope>`;
