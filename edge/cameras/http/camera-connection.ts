import type { Socket } from 'node:net';

/** A connection that is not used for so long is closed. */
const IDLE_MS = 60_000;

interface Waiting {
  resolve(result: IteratorResult<Buffer>): void;
  reject(error: unknown): void;
}

/**
 * A connection whose bytes are read one chunk after the other, over several responses. It reads little more than it is
 * asked for. Node's own iterators of a socket lose bytes if one follows another at once.
 */
export class CameraConnection implements AsyncIterator<Buffer> {
  readonly #chunks: Buffer[] = [];
  #waiting: Waiting | undefined;
  #end: { error?: unknown } | undefined;
  #isIdle = false;

  constructor(private readonly socket: Socket) {
    socket
      .on('data', (chunk) => this.#receive(chunk))
      .on('error', (error) => this.#finish({ error }))
      .on('end', () => this.#finish({}))
      .on('close', () => this.#finish({}))
      .on('timeout', () => this.destroy());
  }

  /** Whether another request can be sent. */
  get isUsable(): boolean {
    return this.#end === undefined && !this.socket.destroyed && this.socket.writable;
  }

  /** Latin-1. */
  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** The next bytes. Rejects with the error of the connection. */
  next(): Promise<IteratorResult<Buffer>> {
    const value = this.#chunks.shift();
    if (value) {
      if (this.#chunks.length === 0) this.socket.resume();
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#end) this.#settle(this.#end);
    });
  }

  /** Nothing is asked until `wake`: what comes all the same would be taken for the next response, so it ends the connection. */
  rest(): void {
    this.#isIdle = true;
    this.socket.setTimeout(IDLE_MS).resume();
    if (this.#chunks.length > 0 || this.#waiting) this.destroy();
  }

  wake(): void {
    this.#isIdle = false;
    this.socket.setTimeout(0);
  }

  /** Whoever waits for bytes gets `error`, or the end. */
  destroy(error?: Error): void {
    this.#finish(error ? { error } : {});
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#isIdle) this.destroy();
    else if (waiting) waiting.resolve({ value: chunk, done: false });
    else {
      this.#chunks.push(chunk);
      this.socket.pause();
    }
  }

  #finish(end: { error?: unknown }): void {
    if (this.#isIdle) this.socket.destroy();
    this.#end ??= end;
    this.#settle(this.#end);
  }

  #settle({ error }: { error?: unknown }): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve({ value: undefined, done: true });
    else waiting?.reject(error);
  }
}
