import { connect, type Socket } from 'node:net';
import { CaptureFailure } from '../../../core/capture/capture-process.js';
import { CameraError } from '../camera.js';
import type { Answer, Credentials } from '../http/credentials.js';
import { HttpStatusError } from '../http/http-error.js';
import {
  encodeMessage,
  headerOf,
  headersOf,
  type RtspMessage,
  RtspSplitter,
  withHeaders,
} from './rtsp-messages.js';
import { isSameOrigin, originOf, pathOf, type RtspOrigin } from './rtsp-origin.js';

export interface SessionOptions {
  origin: RtspOrigin;
  /** What the addresses of the camera begin with, as it knows them. */
  cameraPrefix: string;
  /** The same, as the reader knows them. */
  localPrefix: string;
  credentials: Credentials | undefined;
  onFault(fault: unknown): void;
  onEnd(): void;
}

/** A request of the reader that the camera has not answered. */
interface Pending {
  request: RtspMessage;
  /** Of the reader. */
  sequence: string;
  answer: Answer;
  attempts: number;
}

/** With a kept nonce, without it, and with two new ones. */
const MAX_ATTEMPTS = 4;
/** A reader sends one at a time, beside a sign of life. */
const MAX_PENDING = 16;
const NO_ANSWER: Answer = { header: undefined, kind: 'none' };

/** One connection of a reader, and the camera's behind it. Numbers its requests itself, since those with a login are repeated. */
export class RtspSession {
  readonly #camera: Socket;
  readonly #pending = new Map<string, Pending>();
  #sequence = 0;
  #isAdmitted = false;
  #hasEnded = false;

  constructor(
    private readonly reader: Socket,
    private readonly options: SessionOptions,
  ) {
    this.#camera = connect(options.origin);
    for (const socket of [reader, this.#camera]) socket.setNoDelay(true);
    this.#forward(reader, this.#camera, (message) => this.#fromReader(message));
    this.#forward(this.#camera, reader, (message) => this.#fromCamera(message));
    this.#camera.on('error', () => options.onFault(new CaptureFailure('unreachable')));
    reader.on('error', () => undefined);
    for (const socket of [reader, this.#camera]) socket.on('close', () => this.end());
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // What was received before the end is still read.
    this.reader.end();
    this.#camera.destroy();
    this.options.onEnd();
  }

  #forward(from: Socket, to: Socket, onMessage: (message: RtspMessage) => void): void {
    const splitter = new RtspSplitter();
    from.on('data', (chunk: Buffer) => {
      try {
        for (const part of splitter.push(chunk)) {
          if (this.#hasEnded) return;
          if (part.kind === 'message') onMessage(part.message);
          else if (this.#isAdmitted) to.write(part.bytes);
        }
      } catch (error) {
        this.#fail(error);
      }
      if (to.writableNeedDrain) from.pause();
    });
    to.on('drain', () => from.resume());
  }

  #fail(fault: unknown): void {
    this.options.onFault(fault);
    this.end();
  }

  #fromReader(message: RtspMessage): void {
    const [, method = '', target = '', version = ''] =
      /^(\S+) (\S+) (\S+)$/.exec(message.start) ?? [];
    const { localPrefix, cameraPrefix } = this.options;
    const isLocal = target === localPrefix || /^[/?]/.test(afterPrefix(target, localPrefix) ?? '');
    // A program that does not know the address has no business here. The camera may name itself by another address later.
    if ((!isLocal && !this.#isAdmitted) || this.#pending.size >= MAX_PENDING) {
      this.end();
      return;
    }
    this.#isAdmitted = true;
    const uri = isLocal ? cameraPrefix + target.slice(localPrefix.length) : target;
    const request = { ...message, start: `${method} ${uri} ${version}` };
    const sequence = headerOf(message, 'cseq') ?? '';
    this.#send({ request, sequence, answer: NO_ANSWER, attempts: 0 });
  }

  #send(pending: Pending): void {
    const { credentials } = this.options;
    const [method = '', uri = ''] = pending.request.start.split(' ');
    const answer = credentials?.answer(method, uri) ?? NO_ANSWER;
    const sequence = String(++this.#sequence);
    this.#pending.set(sequence, { ...pending, answer, attempts: pending.attempts + 1 });
    const headers = { CSeq: sequence, Authorization: answer.header };
    this.#camera.write(encodeMessage(withHeaders(pending.request, headers)));
  }

  #fromCamera(message: RtspMessage): void {
    const [, code] = /^RTSP\/\S+ (\d{3})/.exec(message.start) ?? [];
    if (code === undefined) {
      this.#refuse(message);
      return;
    }
    const status = Number(code);
    const number = headerOf(message, 'cseq') ?? '';
    // Some cameras leave it out.
    const sequence = this.#pending.has(number) ? number : ([...this.#pending.keys()][0] ?? '');
    const pending = this.#pending.get(sequence);
    if (!pending) return;
    if (status >= 200) this.#pending.delete(sequence);
    if (status >= 200 && this.#isRepeated(pending, status, message)) {
      this.#send(pending);
      return;
    }
    const changes: Record<string, string | undefined> = {
      CSeq: pending.sequence,
      'WWW-Authenticate': undefined,
    };
    if (status >= 300 && status < 400) changes.Location = this.#redirected(message);
    this.reader.write(encodeMessage(withHeaders(message, changes)));
  }

  #isRepeated({ answer, attempts }: Pending, status: number, message: RtspMessage): boolean {
    const challenges = headersOf(message, 'www-authenticate');
    const isLast = attempts >= MAX_ATTEMPTS;
    try {
      return this.options.credentials?.learn(answer, { status, challenges, isLast }) ?? false;
    } catch (error) {
      // The reader gets the status, and reports it.
      if (error instanceof HttpStatusError) return false;
      throw error;
    }
  }

  /** Where a redirect leads, for the reader. Throws a CameraError unless that is the same host and port. */
  #redirected(message: RtspMessage): string {
    const location = headerOf(message, 'location') ?? '';
    if (!isSameOrigin(this.options.origin, originOf(location)))
      throw new CameraError('redirect_refused', 'the camera redirected to another address');
    return this.options.localPrefix + pathOf(location);
  }

  /** A request of the camera: to be redirected, for example. Nothing but a sign of life is answered with success. */
  #refuse(message: RtspMessage): void {
    const isAlive = /^(OPTIONS|GET_PARAMETER) /.test(message.start);
    const start = `RTSP/1.0 ${isAlive ? '200 OK' : '501 Not Implemented'}`;
    const headers = [`CSeq: ${headerOf(message, 'cseq') ?? 0}`];
    this.#camera.write(encodeMessage({ start, headers, body: Buffer.alloc(0) }));
  }
}

const afterPrefix = (text: string, prefix: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
