import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Credentials } from '../http/credentials.js';
import { originOf, originText, pathOf, type RtspOrigin } from './rtsp-origin.js';
import { RtspSession } from './rtsp-session.js';

export interface RelayOptions {
  /** Of the camera, without credentials. */
  url: string;
  credentials: Credentials | undefined;
}

/** Sessions at a time: a reader that follows a redirect has two for a moment. */
const MAX_SESSIONS = 2;

/**
 * Stands between a camera and the process that reads its stream, on the loopback interface. It alone knows the user name and
 * the password, answers the camera's challenges with them, digest first, and connects to no other host or port than the
 * configured ones: a redirect elsewhere is refused. FFmpeg would follow it, and send the password in plain text.
 */
export class RtspRelay {
  readonly #origin: RtspOrigin;
  /** Keeps other users of this machine out. */
  readonly #secret = randomBytes(16).toString('hex');
  readonly #sessions = new Set<RtspSession>();
  #server: Server | undefined;
  #fault: unknown;

  constructor(private readonly options: RelayOptions) {
    const origin = originOf(options.url);
    if (!origin) throw new Error('expected an rtsp:// URL without credentials');
    this.#origin = origin;
  }

  /** Why the camera's stream cannot be read, once it is known. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Returns the address and the port to read the stream from. */
  async start(): Promise<{ url: string; port: number }> {
    const server = createServer((socket) => this.#open(socket, server));
    server.maxConnections = MAX_SESSIONS;
    this.#server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `${this.#localOrigin(port)}${pathOf(this.options.url)}`, port };
  }

  stop(): void {
    this.#server?.close();
    for (const session of this.#sessions) session.end();
  }

  #localOrigin(port: number): string {
    return `rtsp://127.0.0.1:${port}/${this.#secret}`;
  }

  #open(socket: Socket, server: Server): void {
    const { port } = server.address() as AddressInfo;
    const session: RtspSession = new RtspSession(socket, {
      origin: this.#origin,
      cameraPrefix: originText(this.#origin),
      localPrefix: this.#localOrigin(port),
      credentials: this.options.credentials,
      onFault: (fault) => {
        this.#fault ??= fault;
      },
      onEnd: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
  }
}
