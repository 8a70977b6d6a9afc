import { BLOCK, paddingOf, readHeader, type TarEntry, TarError } from './tar-format.js';

/** A file of an archive that is being read. Its content must be read before the next one. */
export interface ReadEntry extends TarEntry {
  content(): AsyncGenerator<Buffer>;
}

/** Gives the files of an archive in order; memory does not grow with their size. Throws TarError. */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const source = new Source(chunks);
  for (;;) {
    const entry = readHeader(await source.exactly(BLOCK));
    if (!entry) return;
    let isRead = false;
    yield {
      ...entry,
      async *content() {
        isRead = true;
        yield* source.upTo(entry.bytes);
        await source.exactly(paddingOf(entry.bytes));
      },
    };
    if (!isRead) throw new Error(`${entry.path} was not read`);
  }
}

/** Bytes in pieces of the sizes that are asked for. */
class Source {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.upTo(bytes)) parts.push(part);
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async *upTo(bytes: number): AsyncGenerator<Buffer> {
    for (let missing = bytes; missing > 0; ) {
      if (this.#rest.length === 0) await this.#next();
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new TarError('it ends too early');
    this.#rest = value;
  }
}
