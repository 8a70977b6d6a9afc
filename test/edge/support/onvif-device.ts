import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';

/** WS-Discovery's address (WS-Discovery 1.0, section 2.4). The port is not free to choose. */
const GROUP = { address: '239.255.255.250', port: 3702 };
const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const DEVICE = 'http://www.onvif.org/ver10/device/wsdl';
const MEDIA = 'http://www.onvif.org/ver10/media/wsdl';
const SCHEMA = 'http://www.onvif.org/ver10/schema';

export interface OnvifDevice {
  port: number;
  /** Bodies of the requests that came to its services. */
  requests: string[];
}

const envelope = (body: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="${SOAP}"><s:Body>${body}</s:Body></s:Envelope>`;

const match = (...devices: string[]) =>
  envelope(
    `<d:ProbeMatches xmlns:d="${DISCOVERY}">${devices.map((addresses, i) => `<d:ProbeMatch><a:EndpointReference xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><a:Address>urn:uuid:${addresses.length}-${i}</a:Address></a:EndpointReference><d:XAddrs>${addresses}</d:XAddrs></d:ProbeMatch>`).join('')}</d:ProbeMatches>`,
  );

export interface OnvifOptions {
  /** What else comes from the network for each probe. */
  others?: string[];
  /** The addresses of the device service that each device of the answer announces, separated by space. */
  announced?(port: number): string[];
  /** A probe for another type is not answered. */
  type?: string;
  hasEncoder?: boolean;
  hasSnapshot?: boolean;
  /** Where it serves its snapshots. */
  snapshotUrl?: string;
}

/** A camera that answers probes on the loopback interface and reports its media addresses, to viewer alone. */
export async function startOnvifDevice(
  t: ExecutionContext,
  {
    others = [],
    announced = (port) => [`http://127.0.0.1:${port}/onvif/device_service`],
    type = '',
    hasEncoder = true,
    hasSnapshot = true,
    snapshotUrl = 'http://admin:hunter2@192.0.2.17/snap.jpg?profile=main',
  }: OnvifOptions = {},
): Promise<OnvifDevice> {
  const requests: string[] = [];
  const services = createServer(async (request, response) => {
    const body = await text(request);
    requests.push(body);
    const answer = answerTo(body, `http://127.0.0.1:${port}`, {
      hasEncoder,
      hasSnapshot,
      snapshotUrl,
    });
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/soap+xml' });
    response.end(envelope(answer ?? fault('ter:NotAuthorized')));
  }).listen(0, '127.0.0.1');
  await once(services, 'listening');
  const { port } = services.address() as AddressInfo;

  const probes = createSocket({ type: 'udp4', reuseAddr: true });
  probes.on('message', (message, { address, port: asking }) => {
    if (!message.toString().includes(type)) return;
    for (const answer of [...others, match(...announced(port))])
      probes.send(answer, asking, address);
  });
  probes.bind(GROUP.port, GROUP.address);
  await once(probes, 'listening');
  probes.addMembership(GROUP.address, '127.0.0.1');
  t.teardown(() => {
    probes.close();
    services.close();
    services.closeAllConnections();
  });
  return { port, requests };
}

/** An answer that claims a service at another address. */
export const matchElsewhere = match('http://192.0.2.7/onvif/device_service');

function answerTo(
  body: string,
  here: string,
  {
    hasEncoder,
    hasSnapshot,
    snapshotUrl,
  }: Required<Pick<OnvifOptions, 'hasEncoder' | 'hasSnapshot' | 'snapshotUrl'>>,
): string | undefined {
  const asks = (name: string) => body.includes(`<${name} `) || body.includes(`<${name}/`);
  if (asks('GetSystemDateAndTime')) return dateAndTime();
  if (!/<Username>viewer<\/Username>/.test(body)) return undefined;
  if (asks('GetServices'))
    return `<GetServicesResponse xmlns="${DEVICE}">${service(DEVICE, `${here}/onvif/device_service`)}${service(MEDIA, `${here}/onvif/media`)}</GetServicesResponse>`;
  if (asks('GetProfiles'))
    return `<GetProfilesResponse xmlns="${MEDIA}"><Profiles token="main"><Name xmlns="${SCHEMA}">main</Name><VideoSourceConfiguration xmlns="${SCHEMA}" token="vsc"><SourceToken>source</SourceToken></VideoSourceConfiguration>${hasEncoder ? `<VideoEncoderConfiguration xmlns="${SCHEMA}" token="vec"><Encoding>H264</Encoding></VideoEncoderConfiguration>` : ''}</Profiles></GetProfilesResponse>`;
  if (asks('GetVideoSources'))
    return `<GetVideoSourcesResponse xmlns="${MEDIA}"><VideoSources token="source"><Framerate xmlns="${SCHEMA}">25</Framerate></VideoSources></GetVideoSourcesResponse>`;
  if (asks('GetSnapshotUri') && hasSnapshot) return uri('GetSnapshotUri', snapshotUrl);
  if (asks('GetStreamUri')) return uri('GetStreamUri', 'rtsp://192.0.2.17:554/main');
  return undefined;
}

function dateAndTime(): string {
  const now = new Date();
  return `<GetSystemDateAndTimeResponse xmlns="${DEVICE}"><SystemDateAndTime><UTCDateTime xmlns="${SCHEMA}"><Time><Hour>${now.getUTCHours()}</Hour><Minute>${now.getUTCMinutes()}</Minute><Second>${now.getUTCSeconds()}</Second></Time><Date><Year>${now.getUTCFullYear()}</Year><Month>${now.getUTCMonth() + 1}</Month><Day>${now.getUTCDate()}</Day></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`;
}

const service = (namespace: string, address: string) =>
  `<Service><Namespace>${namespace}</Namespace><XAddr>${address}</XAddr><Version><Major xmlns="${SCHEMA}">2</Major><Minor xmlns="${SCHEMA}">5</Minor></Version></Service>`;

const uri = (call: string, address: string) =>
  `<${call}Response xmlns="${MEDIA}"><MediaUri><Uri xmlns="${SCHEMA}">${address}</Uri></MediaUri></${call}Response>`;

const fault = (code: string) =>
  `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>not authorized</s:Text></s:Reason></s:Fault>`;
