import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  body: string;
}

const BOUNDARY = 'siteglass-bench';

/**
 * One keep-alive connection that uploads images, one at a time. It speaks HTTP/1.1 over a bare socket: the load
 * generator runs on the cores of what it measures, and a full client would cost several times as much.
 */
export class UploadConnection {
  readonly #socket: Socket;
  #received = '';
  #answer: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#onData(text));
    socket.on('error', (error) => this.#answer?.reject(error));
    socket.on('close', () => this.#answer?.reject(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<UploadConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new UploadConnection(socket);
  }

  upload(image: Buffer[], fields: Record<string, string> = {}): Promise<Answer> {
    const bytes = image.reduce((sum, piece) => sum + piece.length, 0);
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(head(bytes, fields));
      for (const piece of image) this.#socket.write(piece);
      this.#socket.write(TAIL);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#answer = undefined;
    this.#socket.destroy();
  }

  #onData(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = this.#received.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1]);
    if (!Number.isFinite(length)) throw new Error(`an answer without a length:\n${headers}`);
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.slice(end + 4);
    this.#received = '';
    this.#answer?.resolve({ status: Number(headers.split(' ', 2)[1]), body });
  }
}

const TAIL = `\r\n--${BOUNDARY}--\r\n`;
const PATH = '/api/v1/objectdetection/image';

/** The request up to the image's first byte (RFC 7578 for the form). */
function head(imageBytes: number, fields: Record<string, string>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `${partHead(`name="${name}"`)}\r\n${value}\r\n`,
  );
  const form = `${parts.join('')}${partHead('name="image"; filename="photo.jpg"')}Content-Type: image/jpeg\r\n\r\n`;
  return [
    `POST ${PATH} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    `Content-Length: ${form.length + imageBytes + TAIL.length}`,
    '',
    form,
  ].join('\r\n');
}

const partHead = (disposition: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
