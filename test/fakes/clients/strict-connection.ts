import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface StrictAnswer {
  status: number;
  /** The head as it came. */
  head: string;
  text: string;
}

/**
 * A connection as simple HTTP clients have it: it sends exactly the bytes that it is given, and reads an answer by its
 * `Content-Length` alone. An answer in chunks, without a length or with a redirect is an error.
 */
export class StrictConnection {
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(
    private readonly socket: Socket,
    /** As the header `Host` has it. */
    readonly host: string,
  ) {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
    });
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
  }

  static async open(url: string): Promise<StrictConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new StrictConnection(socket, host);
  }

  /** Sends a request and waits for its answer; the connection stays open if the server lets it. */
  async ask(...pieces: (string | Uint8Array)[]): Promise<StrictAnswer> {
    for (const piece of pieces)
      this.socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    const end = await this.#until(() => {
      const at = this.#received.indexOf('\r\n\r\n');
      return at === -1 ? undefined : at + 4;
    });
    const head = this.#received.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(head)?.[1]);
    const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
    if (length === undefined || /^transfer-encoding:/im.test(head))
      throw new Error(`the answer has no length:\n${head}`);
    const until = end + Number(length);
    await this.#until(() => (this.#received.length >= until ? until : undefined));
    const text = this.#received.toString('utf8', end, until);
    this.#received = this.#received.subarray(until);
    return { status, head, text };
  }

  close(): void {
    this.socket.destroy();
  }

  async #until(position: () => number | undefined): Promise<number> {
    for (;;) {
      const found = position();
      if (found !== undefined) return found;
      if (this.#isClosed) throw new Error('the connection closed before the answer was complete');
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }
}
