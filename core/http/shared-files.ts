import { readFile } from 'node:fs/promises';

/** How long a file stays in memory after a request for it. */
const KEPT_MS = 60_000;

/** Contents of files. Responses share them, so that many of them take no more memory, and no reads of the disk. */
export class SharedFiles {
  readonly #contents = new Map<string, Promise<Buffer>>();

  read(path: string): Promise<Buffer> {
    const known = this.#contents.get(path);
    if (known) return known;
    const contents = readFile(path);
    this.#contents.set(path, contents);
    const forget = () => this.#contents.delete(path);
    setTimeout(forget, KEPT_MS).unref();
    contents.catch(forget);
    return contents;
  }
}
